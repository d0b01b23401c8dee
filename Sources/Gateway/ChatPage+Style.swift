extension ChatPage {
    static let style = #"""
        :root {
          --ground: #f4f1ec; --panel: #fffdf9; --ink: #24211d; --faint: #7a7268; --line: #e3dcd1;
          --accent: #c8451f; --on-accent: #fff; --own: #fbe6dc; --good: #2c8a4b; --wait: #c98a12; --bad: #c0392b;
          font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
          color: var(--ink); background: var(--ground);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #16181b; --panel: #1f2226; --ink: #ece8e1; --faint: #9a948a; --line: #32363c;
            --accent: #f0683f; --on-accent: #1a0f0a; --own: #4a2c20; --good: #5cc27d; --wait: #e5b04b; --bad: #f07567;
          }
        }
        * { box-sizing: border-box; }
        html, body { height: 100%; margin: 0; }
        h1, p, ol { margin: 0; padding: 0; }
        button, input, textarea { font: inherit; color: inherit; }
        button { cursor: pointer; }
        button:disabled { cursor: default; opacity: .4; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .tower { width: 1.5em; height: 1.5em; fill: var(--accent); vertical-align: -.3em; }

        #door { min-height: 100%; display: grid; place-items: center; padding: 1rem; }
        #chat { display: none; }
        body:not([data-state="out"]) #door { display: none; }
        body:not([data-state="out"]) #chat { display: flex; }
        #join {
          width: min(24rem, 100%); display: grid; gap: 1rem; padding: 2rem;
          background: var(--panel); border: 1px solid var(--line); border-radius: 1rem;
        }
        #join h1 { font-size: 1.6rem; letter-spacing: -.02em; }
        #join h1 .tower { margin-right: .3em; }
        #join p { color: var(--faint); font-size: .9rem; }
        #join #refusal { color: var(--bad); }
        #join #refusal:empty { display: none; }
        #join label { display: grid; gap: .3rem; font-size: .85rem; color: var(--faint); }
        #join input {
          padding: .65rem .8rem; font-size: 1rem; color: var(--ink);
          background: var(--ground); border: 1px solid var(--line); border-radius: .6rem;
        }
        #join button, #notice button {
          padding: .65rem 1rem; border: 0; border-radius: .6rem;
          background: var(--accent); color: var(--on-accent); font-weight: 600;
        }

        #chat { flex-direction: column; height: 100dvh; max-width: 52rem; margin: 0 auto; background: var(--panel); }
        header { display: flex; align-items: center; gap: .8rem; padding: .7rem 1rem; border-bottom: 1px solid var(--line); }
        #leave { padding: .2rem; border: 0; background: none; font-size: 1.15rem; }
        #where { flex: 1; min-width: 0; }
        #where * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        #title { font-size: 1.05rem; }
        #identity { font-size: .78rem; color: var(--faint); }
        #ping { display: flex; align-items: center; gap: .5rem; font-size: .82rem; font-variant-numeric: tabular-nums; }
        #ping svg { width: 60px; height: 20px; }
        #trace { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        #rtt { min-width: 4.2em; text-align: right; }
        #state {
          display: flex; align-items: center; gap: .4rem; padding: .2rem .65rem; font-size: .82rem; white-space: nowrap;
          border: 1px solid var(--line); border-radius: 1rem;
        }
        #state i { width: .55rem; height: .55rem; border-radius: 50%; background: var(--wait); }
        [data-state="connected"] #state i { background: var(--good); }
        [data-state="stopped"] #state i { background: var(--bad); }
        [data-state="connecting"] #state i, [data-state="waiting"] #state i { animation: breathe 1s infinite alternate; }
        @keyframes breathe { to { opacity: .25; } }
        #notice {
          display: none; align-items: center; justify-content: space-between; gap: 1rem;
          padding: .5rem 1rem; font-size: .88rem; background: var(--own);
        }
        [data-state="waiting"] #notice, [data-state="stopped"] #notice { display: flex; }
        #notice button { padding: .35rem .8rem; }

        #log {
          flex: 1; overflow-y: auto; overscroll-behavior: contain; list-style: none;
          display: flex; flex-direction: column; gap: .15rem; padding: 1rem;
        }
        #log::before { content: ""; margin-top: auto; }
        #log li { max-width: min(34rem, 85%); align-self: flex-start; }
        #log li.event { align-self: center; margin: .5rem 0; font-size: .8rem; color: var(--faint); text-align: center; }
        .who { margin: .6rem .2rem .15rem; font-size: .8rem; font-weight: 600; color: hsl(var(--hue) 65% 32%); }
        @media (prefers-color-scheme: dark) { .who { color: hsl(var(--hue) 70% 72%); } }
        .again .who, .own .who { display: none; }
        .bubble {
          display: flex; flex-wrap: wrap; align-items: baseline; justify-content: flex-end; column-gap: .7rem;
          width: fit-content; padding: .45rem .8rem; background: var(--ground); border-radius: .3rem 1rem 1rem 1rem;
        }
        .said { flex: 1 1 auto; white-space: pre-wrap; overflow-wrap: anywhere; }
        .bubble time, .bubble button { font-size: .7rem; color: var(--faint); font-variant-numeric: tabular-nums; }
        .bubble button { border: 0; padding: 0; background: none; color: var(--bad); text-decoration: underline; }
        #log li.own { align-self: flex-end; }
        #log li.own:not(.again) { margin-top: .6rem; }
        .own .bubble { margin-left: auto; background: var(--own); border-radius: 1rem .3rem 1rem 1rem; }
        .pending .bubble { opacity: .55; }

        #write { display: flex; align-items: flex-end; gap: .6rem; padding: .7rem 1rem; border-top: 1px solid var(--line); }
        #text {
          flex: 1; max-height: 9rem; padding: .6rem .9rem; resize: none; field-sizing: content;
          background: var(--ground); border: 1px solid var(--line); border-radius: 1.2rem;
        }
        #text:focus { outline: none; border-color: var(--accent); }
        #send { width: 2.7rem; height: 2.7rem; flex: none; border: 0; border-radius: 50%; background: var(--accent); }
        #send svg { width: 1.2rem; height: 1.2rem; margin: .2rem 0 0 .15rem; fill: var(--on-accent); }
        @media (max-width: 34rem) {
          #ping svg { display: none; }
          #rtt { min-width: 0; }
          #state span { display: none; }
          #state { border: 0; padding: 0; }
        }
        @media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
        """#
}
