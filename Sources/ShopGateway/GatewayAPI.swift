internal import HTTPTypes
public import ShopKit

extension GatewayService {
    public static let api = APIDocument(
        title: "Gateway",
        operations: [.init(.get, "/", "A page that says what is there.", answers: [200: nil])] + Route.all.map(operation))

    /// What the gateway says itself; the answers of the service behind are in that one's document.
    private static func operation(_ route: Route) -> APIDocument.Operation {
        let answer: JSONValue = [:]
        return APIDocument.Operation(
            route.method, route.path, "\(route.summary) Answered by \(route.upstream.rawValue).", needs: route.needsUser ? .customer : nil,
            body: route.method == .post || route.method == .put ? Schema.object([:]) : nil,
            answers: [
                200: answer, 201: answer, 204: nil, 400: nil, 401: nil, 403: nil, 404: nil, 409: nil, 422: nil, 429: nil, 502: nil,
                503: nil,
                504: nil,
            ])
    }
}
