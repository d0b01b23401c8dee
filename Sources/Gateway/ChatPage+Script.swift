extension ChatPage {
    static let script = #"""
        "use strict";
        const find = (id) => document.getElementById(id);

        // What to do after each close code; the gateway's table of endings.
        const endings = {
          1000: ["stop", "The connection was closed."],
          1002: ["stop", "The gateway did not understand this page."],
          1003: ["stop", "The gateway did not understand this page."],
          1007: ["stop", "The gateway did not understand this page."],
          1008: ["stop", "Closed by an operator."],
          1009: ["stop", "The message was too big."],
          1012: ["again", "The instance is restarting."],
          1013: ["later", "The gateway is overloaded."],
          4400: ["stop", "The gateway did not understand this page."],
          4401: ["stop", "You are not signed in."],
          4403: ["stop", "You may not do this."],
          4408: ["again", "The connection had gone quiet."],
          4409: ["stop", "You have connected elsewhere."],
          4413: ["again", "This page was too slow to read."],
          4429: ["later", "Too many messages."],
        };

        /** A session of the native protocol that comes back by itself: one room, a ping, back-off with jitter. */
        class Session {
          constructor(name, room, view) {
            Object.assign(this, { name, room, view, socket: null, resume: null, attempt: 0, lastId: 0 });
            this.answers = new Map();
            this.timers = new Set();
          }

          open() {
            this.clearTimers();
            this.drop();
            this.view.show("connecting");
            const scheme = location.protocol === "https:" ? "wss:" : "ws:";
            const address = `${scheme}//${location.host}/ws?user=${encodeURIComponent(this.name)}`;
            const socket = new WebSocket(address, "atalaya.v1.json");
            const mine = (handle) => (event) => { if (socket === this.socket) handle(event); };
            socket.onopen = mine(() => this.greet());
            socket.onmessage = mine((event) => this.receive(JSON.parse(event.data)));
            socket.onclose = mine((event) => this.ended(event.code, event.reason));
            Object.assign(this, { socket, openedAt: null, comeBackAt: null });
            this.after(10000, () => { if (!this.openedAt) this.ended(1006); });
          }

          /** The resume token is a secret, so it goes in a frame: addresses end up in logs. */
          greet() {
            if (this.resume) this.send({ type: "connect", resume: this.resume });
            this.ask({ type: "subscribe", room: this.room }, (answer) => {
              if (answer.type === "error") return this.stop(`The room cannot be joined: ${answer.message}`);
              this.view.joined(this, this.lostAt ? performance.now() - this.lostAt : null);
              this.openedAt = performance.now();
              this.lostAt = null;
              this.ping();
            });
          }

          receive(frame) {
            switch (frame.type) {
              case "welcome":
                Object.assign(this, { resume: frame.resume, welcome: frame });
                break;
              case "message":
                if (frame.room === this.room) this.view.message(frame);
                break;
              case "reconnect":
                this.comeBackAt = performance.now() + frame.afterMs;
                break;
              case "ok":
              case "pong":
              case "error": {
                const answer = this.answers.get(frame.id);
                this.answers.delete(frame.id);
                if (answer) answer(frame);
                else if (frame.type === "error") this.view.event(`${frame.code}: ${frame.message}`);
              }
            }
          }

          ping() {
            const begin = performance.now();
            const late = this.after(10000, () => this.ended(1006));
            this.ask({ type: "ping" }, () => {
              this.cancel(late);
              this.view.roundTrip(performance.now() - begin);
              this.after(2000, () => this.ping());
            });
          }

          publish(text, answer) {
            this.ask({ type: "publish", room: this.room, data: { text } }, answer);
          }

          ask(command, answer) {
            const id = ++this.lastId;
            this.answers.set(id, answer);
            this.send({ ...command, id });
          }

          send(command) { this.socket.send(JSON.stringify(command)); }

          /** The hint of a draining gateway comes first, then 0.5 s doubling to 20 s, of which a random part is waited. */
          ended(code, reason) {
            const now = performance.now();
            if (this.openedAt && now - this.openedAt > 5000) this.attempt = 0;
            this.lostAt ??= now;
            this.clearTimers();
            this.drop();
            this.view.lost();
            const [advice, sentence] = endings[code] ?? ["again", "The connection was lost."];
            if (advice === "stop") return this.stop(reason ? `${sentence} (${reason})` : sentence);
            const ceiling = Math.min(20000, 500 * 2 ** this.attempt++);
            const floor = advice === "later" ? 5000 : 200;
            const delay = this.comeBackAt ? Math.max(0, this.comeBackAt - now) : floor + Math.random() * ceiling;
            this.comeBackAt = null;
            this.wait(now + delay, sentence);
          }

          wait(until, sentence) {
            const left = until - performance.now();
            if (left <= 0) return this.open();
            this.view.show("waiting", `${sentence} Next try in ${Math.ceil(left / 1000)} s.`);
            this.after(Math.min(left, 1000), () => this.wait(until, sentence));
          }

          stop(sentence) {
            this.clearTimers();
            this.drop();
            this.view.show("stopped", sentence);
          }

          drop() {
            const socket = this.socket;
            this.socket = null;
            this.answers.clear();
            if (socket) socket.close(1000);
          }

          after(milliseconds, work) {
            const timer = setTimeout(() => { this.timers.delete(timer); work(); }, milliseconds);
            this.timers.add(timer);
            return timer;
          }

          cancel(timer) { clearTimeout(timer); this.timers.delete(timer); }

          clearTimers() { for (const timer of this.timers) this.cancel(timer); }
        }

        /** The page. What comes from others is only ever set as text. */
        class View {
          constructor() {
            this.trips = [];
            this.pending = [];
          }

          show(state, sentence) {
            const atEnd = this.isAtEnd();
            document.body.dataset.state = state;
            const words = { connecting: "connecting", connected: "connected", waiting: "reconnecting", stopped: "stopped" };
            find("state").lastElementChild.textContent = words[state] ?? "";
            find("notice").firstElementChild.textContent = sentence ?? "";
            find("send").disabled = state !== "connected";
            if (atEnd) this.scrollToEnd();
          }

          isAtEnd() {
            const log = find("log");
            return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
          }

          scrollToEnd() { find("log").scrollTop = find("log").scrollHeight; }

          joined(session, gap) {
            const { userId, instance, resumed } = session.welcome;
            this.user = userId;
            find("title").textContent = session.room;
            find("identity").textContent = `${userId} · ${instance}`;
            const back = `back after ${((gap ?? 0) / 1000).toFixed(1)} s${resumed ? ", session resumed" : ""}`;
            this.event(gap === null ? `You are in ${session.room}` : `${back}; what was said meanwhile is not shown`);
            this.show("connected");
            find("text").focus();
          }

          /** What was on its way when the connection went may have arrived or not: the writer decides. */
          lost() {
            find("rtt").textContent = "–";
            for (const entry of this.pending.splice(0)) this.offerAgain(entry, "not confirmed");
          }

          roundTrip(milliseconds) {
            this.trips = [...this.trips, milliseconds].slice(-30);
            find("rtt").textContent = `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
            const most = Math.max(...this.trips, 1);
            const left = 60 - ((this.trips.length - 1) * 60) / 29;
            const point = (trip, index) => `${left + (index * 60) / 29},${19 - (18 * trip) / most}`;
            find("trace").setAttribute("points", this.trips.map(point).join(" "));
          }

          message({ id, from, ts, data }) {
            const own = from === this.user;
            const text = this.textOf(data);
            // Our own message replaces its dimmed copy, even if others came in between.
            const index = own ? this.pending.findIndex((entry) => entry.text === text) : -1;
            const [waiting] = index < 0 ? [] : this.pending.splice(index, 1);
            const item = waiting?.item ?? this.bubble(from ?? "from outside", text, own);
            item.classList.remove("pending");
            item.dataset.message = id;
            const time = item.querySelector("time");
            time.textContent = new Date(ts).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
            time.title = new Date(ts).toLocaleString();
            this.append(item, own);
          }

          textOf(data) {
            if (typeof data === "string") return data;
            if (typeof data?.text === "string") return data.text;
            if (typeof data?.base64 === "string") return `(${Math.floor((data.base64.length * 3) / 4)} bytes)`;
            return JSON.stringify(data);
          }

          sending(session, text) {
            const entry = { text, item: this.bubble(this.user, text, true) };
            entry.item.classList.add("pending");
            this.pending.push(entry);
            this.append(entry.item, true);
            session.publish(text, (answer) => {
              if (answer.type !== "error") return;
              this.pending = this.pending.filter((each) => each !== entry);
              this.offerAgain(entry, answer.message || answer.code);
            });
          }

          offerAgain({ item, text }, why) {
            const again = document.createElement("button");
            again.type = "button";
            again.textContent = "send again";
            again.onclick = () => {
              if (document.body.dataset.state !== "connected") return;
              item.remove();
              this.sending(session, text);
            };
            item.classList.remove("pending");
            item.querySelector("time").textContent = why;
            item.querySelector(".bubble").append(again);
          }

          bubble(from, text, own) {
            const make = (kind, className, words) => {
              const element = document.createElement(kind);
              element.className = className;
              element.textContent = words;
              return element;
            };
            const item = make("li", own ? "own" : "", "");
            item.dataset.from = from;
            const hue = [...from].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
            item.style.setProperty("--hue", hue);
            const bubble = make("div", "bubble", "");
            bubble.append(make("span", "said", text), make("time", "", ""));
            item.append(make("div", "who", from), bubble);
            return item;
          }

          event(words) {
            const item = document.createElement("li");
            item.className = "event";
            item.textContent = words;
            this.append(item, false);
          }

          append(item, follow) {
            const log = find("log");
            const atEnd = this.isAtEnd();
            if (item.parentNode && item !== log.lastElementChild) item.remove();
            const before = item.previousElementSibling ?? log.lastElementChild;
            const same = before !== item && before?.dataset.from !== undefined && before.dataset.from === item.dataset.from;
            item.classList.toggle("again", same);
            if (!item.parentNode) log.append(item);
            while (log.childElementCount > 500) log.firstElementChild.remove();
            if (atEnd || follow) this.scrollToEnd();
          }
        }

        let session = null;

        const refusal = (name, room) => {
          if (name.startsWith("_") || room.startsWith("_")) return "Names that begin with _ are the gateway's own.";
          if (!/^[A-Za-z0-9._:\/@-]{1,200}$/.test(room)) return "A room is letters, digits and . _ : / @ - only.";
          return name ? "" : "A name is missing.";
        };
        const join = () => {
          const name = find("name").value.trim();
          const room = find("room").value.trim();
          find("refusal").textContent = refusal(name, room);
          if (refusal(name, room)) return;
          localStorage.setItem("atalaya.name", name);
          history.replaceState(null, "", `?${new URLSearchParams({ name, room })}`);
          document.title = `${room} · Atalaya chat`;
          find("title").textContent = room;
          find("identity").textContent = name;
          session = new Session(name, room, new View());
          session.open();
        };
        find("join").onsubmit = (event) => { event.preventDefault(); join(); };
        find("leave").onclick = () => {
          session.stop("");
          session.view.show("out");
          find("log").replaceChildren();
          history.replaceState(null, "", location.pathname);
        };
        find("now").onclick = () => session.open();
        find("write").onsubmit = (event) => {
          event.preventDefault();
          const text = find("text").value.trim();
          if (!text || find("send").disabled) return;
          find("text").value = "";
          session.view.sending(session, text);
        };
        find("text").onkeydown = (event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          find("write").requestSubmit();
        };
        addEventListener("online", () => { if (document.body.dataset.state === "waiting") session.open(); });

        for (const place of document.querySelectorAll("[data-tower]")) place.append(find("tower").content.cloneNode(true));
        const given = new URLSearchParams(location.search);
        find("name").value = given.get("name") ?? localStorage.getItem("atalaya.name") ?? "";
        find("room").value = given.get("room") ?? "chat.lobby";
        if (given.get("name") && given.get("room")) join();
        """#
}
