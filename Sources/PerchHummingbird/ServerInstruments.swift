internal import CoreMetrics
internal import Synchronization

/// The instruments of the middleware, each made once.
final class ServerInstruments: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String?
        let status: Int
        let errorType: String?
    }

    private struct State {
        var active: [String: Meter] = [:]
        var durations: [Key: Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let state = Mutex(State())

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func active(_ method: String) -> Meter {
        state.withLock { state in
            if let known = state.active[method] { return known }
            let made = Meter(label: "http.server.active_requests", dimensions: [("http.request.method", method)], factory: factory)
            state.active[method] = made
            return made
        }
    }

    func duration(method: String, route: String?, status: Int, errorType: String?) -> Timer {
        let key = Key(method: method, route: route, status: status, errorType: errorType)
        return state.withLock { state in
            if let known = state.durations[key] { return known }
            var dimensions = [("http.request.method", method), ("http.response.status_code", String(status))]
            if let route { dimensions.append(("http.route", route)) }
            if let errorType { dimensions.append(("error.type", errorType)) }
            let made = Timer(label: "http.server.request.duration", dimensions: dimensions, factory: factory)
            state.durations[key] = made
            return made
        }
    }
}
