/// The demo page: a chat over the native protocol, one file, nothing loaded from elsewhere.
///
/// `?name=` and `?room=` fill its form, and both together join at once.
package enum ChatPage {
    /// The whole page, UTF-8.
    package static let html: String = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath
            fill='%23e4572e' d='M5 3h3v2h2.5V3h3v2H16V3h3v5l-2 1 1.5 12h-4v-4a2.5 2.5 0 0 0-5 0v4h-4L7 9 5 8z'/%3E%3C/svg%3E">
        <title>Atalaya chat</title>
        <style>
        \#(Self.style)
        </style>
        </head>
        <body data-state="out">

        <template id="tower">
          <svg class="tower" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M5 3h3v2h2.5V3h3v2H16V3h3v5l-2 1 1.5 12h-4v-4a2.5 2.5 0 0 0-5 0v4h-4L7 9 5 8z"/>
          </svg>
        </template>

        <main id="door">
          <form id="join">
            <h1><span data-tower></span>Atalaya</h1>
            <p>Pick a name and a room. Open this page in a second window, or against a second instance, and talk.</p>
            <label>Name
              <input id="name" required maxlength="64" autocomplete="nickname" spellcheck="false">
            </label>
            <label>Room
              <input id="room" required maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false">
            </label>
            <p id="refusal" role="alert"></p>
            <button>Join</button>
          </form>
        </main>

        <div id="chat">
          <header>
            <button id="leave" type="button" title="Leave the room"><span data-tower></span></button>
            <div id="where">
              <h1 id="title"></h1>
              <p id="identity"></p>
            </div>
            <div id="ping" title="Round trip of the last ping">
              <svg viewBox="0 0 60 20" preserveAspectRatio="none" aria-hidden="true"><polyline id="trace"/></svg>
              <output id="rtt">–</output>
            </div>
            <p id="state" role="status"><i></i><span></span></p>
          </header>
          <p id="notice" role="status"><span></span><button id="now" type="button">Connect now</button></p>
          <ol id="log" role="log" aria-label="Messages" tabindex="0"></ol>
          <form id="write">
            <textarea id="text" rows="1" placeholder="Message" aria-label="Message" enterkeyhint="send"></textarea>
            <button id="send" disabled title="Send">
              <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 20l18-8L3 4v6l12 2-12 2z"/></svg>
            </button>
          </form>
        </div>

        <script>
        \#(Self.script)
        </script>
        </body>
        </html>
        """#
}
