// The one file of this target that faces libcurl. Only the thread touches the multi handle and the transfers,
// between `run` and its end. Other threads use the inbox, and the multi handle only to wake it, which curl allows.
// The thread keeps this object alive, so nobody can wake a handle that has been freed.
import CCurl
import Instruments
import Notation

/// The thread that runs curl, and what it is asked to do.
@safe
final class CurlThread: @unchecked Sendable {
    typealias Outcome = Result<HTTPAnswer, HTTPClientError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    private enum Order {
        case begin(UInt64, OutgoingRequest, Continuation)
        case cancel(UInt64)
    }

    private struct Inbox {
        var orders: [Order] = []
        var isStopping = false
        /// `nil` until the first request, and again once somebody waits for the thread to end.
        var thread: Thread?
    }

    /// A `pthread`, to be joined once.
    @safe
    private struct Thread: @unchecked Sendable {
        let handle: OpaquePointer

        func join() {
            unsafe atalaya_thread_join(self.handle)
        }
    }

    @safe
    private struct Running {
        let transfer: OpaquePointer
        let request: OutgoingRequest
        let continuation: Continuation
    }

    private let multi: OpaquePointer
    private let inbox = Lock(Inbox())
    /// Used by the thread only.
    private var running: [UInt64: Running] = [:]

    init() {
        guard let multi = unsafe atalaya_multi_create() else { preconditionFailure("curl has no memory to begin with") }
        unsafe self.multi = multi
    }

    deinit {
        unsafe atalaya_multi_free(self.multi)
    }

    func begin(_ identifier: UInt64, _ request: OutgoingRequest, answer continuation: Continuation) {
        let isAccepted = self.inbox.withLock { inbox in
            guard !inbox.isStopping else { return false }
            if inbox.thread == nil {
                inbox.thread = self.start()
            }
            guard inbox.thread != nil else { return false }
            inbox.orders.append(.begin(identifier, request, continuation))
            return true
        }
        guard isAccepted else { return continuation.resume(returning: .failure(.closed)) }
        unsafe atalaya_multi_wake(self.multi)
    }

    func cancel(_ identifier: UInt64) {
        self.inbox.withLock { $0.orders.append(.cancel(identifier)) }
        unsafe atalaya_multi_wake(self.multi)
    }

    /// Ends all transfers, then the thread, and waits for it.
    func stop() {
        let thread = self.inbox.withLock { inbox in
            inbox.isStopping = true
            return inbox.thread.take()
        }
        unsafe atalaya_multi_wake(self.multi)
        thread?.join()
    }

    private func start() -> Thread? {
        let retained = unsafe Unmanaged.passRetained(self)
        let body: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<CurlThread>.fromOpaque(context).takeRetainedValue().run()
        }
        guard let handle = unsafe atalaya_thread_start("curl", body, retained.toOpaque()) else {
            unsafe retained.release()
            return nil
        }
        return unsafe Thread(handle: handle)
    }

    private func run() {
        while true {
            let (orders, isStopping) = self.inbox.withLock { inbox in
                let orders = inbox.orders
                inbox.orders = []
                return (orders, inbox.isStopping)
            }
            for order in orders {
                switch order {
                case .begin(let identifier, let request, let continuation):
                    self.begin(identifier, request, continuation)
                case .cancel(let identifier):
                    self.end(identifier, with: { _ in .failure(.cancelled) })
                }
            }
            if isStopping {
                break
            }
            unsafe atalaya_multi_perform(self.multi)
            var ending = unsafe atalaya_multi_next_ending(self.multi)
            while ending.found {
                let outcome = ending.outcome
                self.end(ending.identifier, with: { Self.outcome(outcome, of: $0) })
                ending = unsafe atalaya_multi_next_ending(self.multi)
            }
            unsafe atalaya_multi_wait(self.multi, 60_000)
        }
        for identifier in Array(self.running.keys) {
            self.end(identifier, with: { _ in .failure(.closed) })
        }
    }

    private func begin(_ identifier: UInt64, _ request: OutgoingRequest, _ continuation: Continuation) {
        guard
            let transfer = unsafe atalaya_transfer_create(identifier, request.method.rawValue, request.url)
        else {
            return continuation.resume(returning: .failure(.broken(reason: "no memory")))
        }
        unsafe atalaya_transfer_set_limits(
            transfer,
            Self.milliseconds(request.timeout),
            Self.milliseconds(request.connectTimeout),
            max(request.maximumAnswerBytes, 0)
        )
        for (name, value) in request.headers {
            // To curl, `Name:` removes a header and `Name;` sends an empty one.
            _ = unsafe atalaya_transfer_add_header(transfer, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if let body = request.body {
            unsafe atalaya_transfer_set_body(transfer, body.span)
        }
        if let authorities = request.authorities {
            unsafe atalaya_transfer_set_authorities(transfer, authorities)
        }
        if !request.mayUseProxy || IPAddress.isLoopback(host: Self.host(of: request.url)) {
            unsafe atalaya_transfer_use_no_proxy(transfer)
        }
        unsafe self.running[identifier] = Running(transfer: transfer, request: request, continuation: continuation)
        if unsafe !atalaya_multi_add(self.multi, transfer) {
            self.end(identifier, with: { _ in .failure(.broken(reason: "no memory")) })
        }
    }

    /// Answer first: removing a transfer whose name is still being resolved waits for the resolver.
    private func end(_ identifier: UInt64, with outcome: (Running) -> Outcome) {
        guard let ended = self.running.removeValue(forKey: identifier) else { return }
        ended.continuation.resume(returning: outcome(ended))
        unsafe atalaya_multi_remove(self.multi, ended.transfer)
        unsafe atalaya_transfer_free(ended.transfer)
    }

    private static func outcome(_ outcome: atalaya_outcome, of ended: Running) -> Outcome {
        let reason = unsafe String(cString: atalaya_transfer_reason(ended.transfer, outcome))
        switch outcome {
        case atalaya_ended_well: return .success(Self.answer(of: ended))
        case atalaya_ended_unresolved: return .failure(.unresolved(reason: reason))
        case atalaya_ended_unreachable: return .failure(.unreachable(reason: reason))
        case atalaya_ended_timed_out: return .failure(.timedOut(reason: reason))
        case atalaya_ended_untrusted: return .failure(.untrusted(reason: reason))
        case atalaya_ended_too_large: return .failure(.answerTooLarge(limit: ended.request.maximumAnswerBytes))
        case atalaya_ended_invalid: return .failure(.invalidRequest(reason))
        default: return .failure(.broken(reason: reason))
        }
    }

    private static func answer(of ended: Running) -> HTTPAnswer {
        var body = [UInt8](repeating: 0, count: unsafe atalaya_transfer_body_bytes(ended.transfer))
        var bodySpan = body.mutableSpan
        unsafe atalaya_transfer_copy_body(ended.transfer, &bodySpan)
        var head = [UInt8](repeating: 0, count: unsafe atalaya_transfer_head_bytes(ended.transfer))
        var headSpan = head.mutableSpan
        unsafe atalaya_transfer_copy_head(ended.transfer, &headSpan)
        return HTTPAnswer(
            status: Int(unsafe atalaya_transfer_status(ended.transfer)),
            headers: Self.headers(in: String(decoding: head, as: UTF8.self)),
            body: body
        )
    }

    private static func headers(in head: String) -> [(name: String, value: String)] {
        head.split(separator: "\r\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (name: String(line[..<colon]), value: String(value))
        }
    }

    /// The host as curl parses it from a URL; empty if there is none.
    private static func host(of url: String) -> String {
        unsafe String(unsafeUninitializedCapacity: 256) { buffer in
            unsafe buffer.baseAddress.map { unsafe atalaya_url_host(url, $0, buffer.count) } ?? 0
        }
    }

    /// At least one, since 0 means no limit to curl.
    private static func milliseconds(_ duration: Duration) -> Int64 {
        min(max(duration.wholeMilliseconds, 1), 1_000_000_000)
    }
}
