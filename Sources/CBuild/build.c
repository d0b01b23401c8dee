#include "CBuild.h"

// A bare word, since quotation marks do not survive every shell on the way here.
#define TEXT(word) #word
#define TEXT_OF(macro) TEXT(macro)

#ifdef ATALAYA_COMMIT
static const char commit[] = TEXT_OF(ATALAYA_COMMIT);
#else
static const char commit[] = "";
#endif

int build_commit_byte(int index) { return index >= 0 && index < (int)sizeof commit ? (unsigned char)commit[index] : 0; }
