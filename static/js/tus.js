// One file on its way by tus 1.0.0 (https://tus.io), in pieces that fit the line; it goes on where the server stands.
(() => {
  const KB = 1024;
  const SMALLEST = 64 * KB;
  const LARGEST = 16 * 1024 * KB;
  const QUICK = 4000; // a piece that took less may be twice as large next time; three times as long, half
  const SILENCE = 30000;
  const ANSWER = 300000; // the last piece is answered when the server has read the whole file again
  const LONGEST_WAIT = 60000;

  class Stopped extends Error {} // paused or cancelled
  class Lost extends Error {} // the server does not know the upload any more
  class Refused extends Error {} // sending it again does not help, unless it `mayRetry`

  let piece = 512 * KB; // of all files: they share the line
  const encode = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
  const wait = (time) => new Promise((done) => setTimeout(done, time));

  // state: waiting, sending, paused, failed (`why` says why: our word for it, or the server's sentence), done, cancelled.
  // While it is sending, `isHeld` says that it waits for the line. `offset` is null while the server must be asked.
  // setup: endpoint, url (of an upload that was begun), metadata, headers(), onChange(upload), onEnd(upload),
  // onUrl(url): the upload's address, or nothing when there is none any more.
  window.TusUpload = class {
    constructor(file, setup) {
      Object.assign(this, { file, setup, url: setup.url || "", state: "waiting", why: "", isHeld: false });
      Object.assign(this, { offset: null, known: 0, flying: 0, tries: 0 });
    }

    get sent() {
      return this.state === "done" ? this.file.size : Math.min(this.file.size, this.known + this.flying);
    }

    async start() {
      this.state = "sending";
      if (this.isRunning) return; // it was paused and goes on before it noticed
      this.isRunning = true;
      while (this.state === "sending") {
        try {
          if (!this.url) await this.begin();
          else if (this.offset === null) await this.find();
          while (this.offset < this.file.size) await this.sendPiece();
          this.state = "done";
          this.setup.onUrl("");
        } catch (error) {
          this.flying = 0;
          this.offset = null;
          await this.recover(error);
        }
      }
      this.isRunning = false;
      this.setup.onEnd(this);
    }

    pause() {
      this.state = "paused";
      this.nudge();
    }

    wake() {
      this.onWake?.();
    }

    // Give up the request that is on its way, as when the line broke.
    nudge() {
      this.request?.abort();
      this.wake();
    }

    async cancel() {
      this.state = "cancelled";
      this.nudge();
      this.setup.onUrl("");
      if (this.url) await this.ask("DELETE", this.url).catch(() => {});
    }

    async recover(error) {
      if (error instanceof Stopped) return;
      if (error instanceof Lost) {
        this.url = "";
        this.known = 0;
        this.setup.onUrl("");
      } else if (error instanceof Refused) {
        this.state = "failed";
        this.why = error.message;
        this.mayRetry = error.mayRetry;
      } else {
        piece = Math.max(piece / 2, SMALLEST);
        await this.hold();
      }
    }

    // Until somebody wakes it, or for a while that doubles each time.
    async hold() {
      const pause = Math.min(LONGEST_WAIT, 1000 * 2 ** this.tries) * (0.75 + Math.random() / 2);
      this.tries += 1;
      this.isHeld = true;
      this.setup.onChange(this);
      await Promise.race([wait(pause), new Promise((done) => (this.onWake = done))]);
      this.isHeld = false;
    }

    async begin() {
      const pairs = Object.entries(this.setup.metadata).filter(([, value]) => value);
      const answer = await this.ask("POST", this.setup.endpoint, {
        "Upload-Length": this.file.size,
        "Upload-Metadata": pairs.map(([key, value]) => `${key} ${encode(value)}`).join(","),
      });
      const url = answer.getResponseHeader("Location");
      if (answer.status !== 201 || !url) throw this.failure(answer, false);
      this.url = url;
      this.moveTo(0);
      this.setup.onUrl(url);
    }

    async find() {
      const answer = await this.ask("HEAD", this.url);
      if (answer.status !== 200) throw this.failure(answer);
      this.moveTo(Number(answer.getResponseHeader("Upload-Offset")));
    }

    async sendPiece() {
      const body = this.file.slice(this.offset, Math.min(this.offset + piece, this.file.size));
      const headers = { "Upload-Offset": this.offset, "Content-Type": "application/offset+octet-stream" };
      Object.assign(headers, await this.checksum(body));
      if (this.state !== "sending") throw new Stopped();
      const started = performance.now();
      const answer = await this.ask("PATCH", this.url, headers, body);
      if (answer.status !== 204) throw this.failure(answer);
      this.flying = this.tries = 0;
      this.moveTo(Number(answer.getResponseHeader("Upload-Offset")));
      const took = performance.now() - started;
      if (took < QUICK && body.size >= piece) piece = Math.min(piece * 2, LARGEST);
      if (took > 3 * QUICK) piece = Math.max(piece / 2, SMALLEST);
    }

    async checksum(body) {
      if (!window.crypto?.subtle) return {};
      let bytes;
      try {
        bytes = await body.arrayBuffer();
      } catch {
        throw Object.assign(new Refused("unreadable"), { mayRetry: true });
      }
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return { "Upload-Checksum": `sha256 ${btoa(String.fromCharCode(...digest))}` };
    }

    moveTo(offset) {
      this.offset = this.known = offset;
      this.setup.onChange(this);
    }

    failure(answer, mayBeLost = true) {
      const { status } = answer;
      if (mayBeLost && (status === 404 || status === 410)) return new Lost();
      if (status >= 500 || [0, 408, 423, 460].includes(status)) return new Error("again");
      if (status === 409 && mayBeLost) return new Error("again"); // a new one is refused: another request is open
      let why = status === 403 || status < 300 ? "reload" : "failed";
      try {
        why = JSON.parse(answer.responseText).detail || why;
      } catch {
        // An answer in other words than ours.
      }
      return Object.assign(new Refused(why), { mayRetry: status === 429 || why === "failed" });
    }

    ask(method, url, headers = {}, body = null) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const state = this.state;
        let timer = 0;
        const watch = (time) => {
          clearTimeout(timer);
          timer = setTimeout(() => request.abort(), time);
        };
        const fail = () => {
          clearTimeout(timer);
          reject(this.state === state ? new Error("line") : new Stopped());
        };
        request.open(method, url);
        Object.entries({ "Tus-Resumable": "1.0.0", ...this.setup.headers(), ...headers }).forEach(([name, value]) =>
          request.setRequestHeader(name, value),
        );
        if (body) {
          request.upload.onprogress = (event) => {
            watch(SILENCE);
            this.flying = Math.min(event.loaded, body.size);
            this.setup.onChange(this);
          };
          request.upload.onload = () => watch(ANSWER);
        }
        request.onload = () => {
          clearTimeout(timer);
          resolve(request);
        };
        request.onerror = fail;
        request.onabort = fail;
        this.request = request;
        watch(SILENCE);
        request.send(body);
      });
    }
  };
})();
