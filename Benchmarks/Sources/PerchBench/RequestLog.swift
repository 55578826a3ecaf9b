internal import CivilCalendar
internal import TelemetryModel

/// Makes log lines of a shop as its services write them: JSON with a time, ids, a message, and numbers that nothing foretells. The lines of a request
/// share a trace id.
struct RequestLog {
    private static let services = ["gateway", "catalog", "orders", "users", "payments", "shipping", "inventory"]
    private static let routes = [
        ["/", "/login", "/search", "/products/{id}", "/cart", "/checkout"],
        ["/api/products", "/api/products/{id}", "/api/categories", "/api/search", "/api/reviews", "/healthz"],
        ["/api/orders", "/api/orders/{id}", "/api/checkout", "/api/cart", "/api/returns", "/healthz"],
        ["/api/users/{id}", "/api/session", "/api/login", "/api/addresses", "/api/preferences", "/healthz"],
        ["/api/charge", "/api/refund", "/api/methods", "/api/webhooks/psp", "/api/risk", "/healthz"],
        ["/api/quote", "/api/shipments", "/api/shipments/{id}", "/api/track", "/api/labels", "/healthz"],
        ["/api/stock/{id}", "/api/reserve", "/api/release", "/api/stock", "/api/warehouses", "/healthz"],
    ]

    private var generator: SeededGenerator
    private var now: Int64
    private let step: Double
    private let pods: [[String]]
    private var pending: [(service: Int, trace: String, user: Int)] = []
    /// Every so manieth trace id, to search for.
    private(set) var needles: [String] = []
    private var traces = 0

    /// - Parameter step: nanoseconds from line to line.
    init(seed: UInt64, start: Int64, step: Double) {
        generator = SeededGenerator(seed: seed)
        now = start
        self.step = step
        var random = SeededGenerator(seed: seed + 1)
        pods = RequestLog.services.map { service in (0..<3).map { _ in "\(service)-\(String(random.next() >> 24, radix: 16))" } }
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    private mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Lines in the order of time, stream by stream.
    mutating func batch(_ count: Int) -> LogBatch {
        var streams: [LabelSet: [(Int64, [UInt8])]] = [:]
        for _ in 0..<count {
            if pending.isEmpty { beginRequest() }
            let (service, trace, user) = pending.removeLast()
            now += Int64(step * Double.random(in: 0.2..<1.8, using: &generator))
            let level = ["info", "debug", "warn", "error"][[80, 91, 97, 100].firstIndex { [share = below(100)] in share < $0 } ?? 0]
            let labels = LabelSet([
                ("env", "prod"), ("namespace", "shop"), ("service", RequestLog.services[service]), ("pod", pick(pods[service])),
                ("level", level),
            ])
            streams[labels, default: []].append((now, line(service, level, trace, user)))
        }
        var batch = LogBatch()
        for (labels, entries) in streams {
            batch.beginPart(labels)
            for (time, line) in entries { batch.append(time: time, line: line) }
        }
        return batch
    }

    private mutating func beginRequest() {
        let trace = RequestLog.hex(generator.next()) + RequestLog.hex(generator.next())
        let user = below(200_000)
        var others = Array(1..<7)
        others.shuffle(using: &generator)
        pending = (others.prefix(1 + below(4)) + [0]).map { ($0, trace, user) }
        traces += 1
        if traces % 5000 == 0 { needles.append(trace) }
    }

    private mutating func line(_ service: Int, _ level: String, _ trace: String, _ user: Int) -> [UInt8] {
        let route = pick(RequestLog.routes[service])
        let path = route.replacing("{id}", with: "\(below(100_000))")
        let status = level == "error" ? pick([500, 502, 503, 504]) : below(20) == 0 ? 404 : 200
        let spread = (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: -1...1, using: &generator) }
        let duration = Int(200 * exponential(spread * 0.85))
        var time: [UInt8] = []
        RFC3339.append(CivilTime(nanoseconds: now / 1000 * 1000), fraction: .digits(6), to: &time)
        let text =
            #"{"ts":"\#(String(decoding: time, as: UTF8.self))","level":"\#(level)","service":"\#(RequestLog.services[service])","trace_id":"\#(trace)","span_id":"\#(RequestLog.hex(generator.next()))","msg":"\#(message(level))","method":"\#(route.contains("{") ? "GET" : "POST")","route":"\#(route)","path":"\#(path)","status":\#(status),"duration_ms":\#(duration / 10).\#(duration % 10),"user_id":"us-\#(user)","client_ip":"10.\#(below(32)).\#(below(256)).\#(below(256))"}"#
        return Array(text.utf8)
    }

    private func exponential(_ value: Double) -> Double {
        // Enough for test data.
        (0..<24).reversed().reduce(1.0) { sum, term in 1 + sum * value / Double(term + 1) }
    }

    private mutating func message(_ level: String) -> String {
        let number = Int(exponential(Double.random(in: 0..<8, using: &generator)))
        let service = pick(RequestLog.services)
        switch level {
        case "info":
            return [
                "request completed", "order or-\(below(100_000_000)) placed by us-\(below(1_000_000))",
                "cache hit for product sk-\(below(10_000))",
                "payment pa-\(below(1_000_000_000)) authorised for \(3 + below(900)).\(10 + below(90)) EUR",
                "reserved \(number) x sk-\(below(10_000)) in warehouse \(pick(["ams1", "ber2", "par1"]))",
                "session refreshed for us-\(below(1_000_000))",
                "shipment or-\(below(100_000_000)) handed to carrier \(pick(["dhl", "ups", "dpd", "gls"]))",
            ][below(7)]
        case "debug":
            return [
                "query took \(number) ms, \(below(3000)) rows", "cache miss for key product:sk-\(below(10_000))",
                "publishing order.paid to topic orders",
            ][below(3)]
        case "warn":
            return [
                "slow query: select * from \(pick(["orders", "users"])) where id = \(number) took \(below(3000)) ms",
                "retrying call to \(service), attempt \(number)", "stock for sk-\(below(10_000)) below threshold: \(number) left",
            ][below(3)]
        default:
            return [
                "payment pa-\(below(1_000_000_000)) declined: \(pick(["insufficient funds", "card expired", "3ds failed"]))",
                "upstream \(service) timed out after \(number) ms", "could not reserve sk-\(below(10_000)): insufficient stock",
            ][below(3)]
        }
    }
}
