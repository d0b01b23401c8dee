// What the build says of itself: compiled anew when that changes, and nothing else is.
#pragma once

/// The commit that the program was built from, byte by byte, with 0 behind its end; empty if the build did not say.
int build_commit_byte(int index);
