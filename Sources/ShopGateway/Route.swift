internal import HTTPTypes

/// What the gateway passes on, and to whom. The service behind looks at the token again, and at what its owner may do.
struct Route: Sendable {
    let method: HTTPRequest.Method
    let path: String
    let upstream: Upstream
    let needsUser: Bool
    let summary: String

    static let all: [Route] = [
        Route(.get, "/api/products", .catalog, "Products in the order of their numbers."),
        Route(.get, "/api/products/{id}", .catalog, "One product."),
        Route(.post, "/api/products", .catalog, needsUser: true, "Adds a product."),
        Route(.put, "/api/products/{id}", .catalog, needsUser: true, "Changes a product."),
        Route(.post, "/api/users", .users, "Registers a user."),
        Route(.post, "/api/token", .users, "Logs in."),
        Route(.get, "/api/users/me", .users, needsUser: true, "Who asks."),
        Route(.get, "/api/users/{id}", .users, needsUser: true, "A user."),
        Route(.put, "/api/users/{id}/consent", .users, needsUser: true, "Changes what a user agrees to."),
        Route(.delete, "/api/users/{id}", .users, needsUser: true, "Forgets a user."),
        Route(.post, "/api/orders", .orders, needsUser: true, "Places an order."),
        Route(.get, "/api/orders", .orders, needsUser: true, "The user's orders."),
        Route(.get, "/api/orders/{id}", .orders, needsUser: true, "One order."),
        Route(.put, "/api/orders/{id}/status", .orders, needsUser: true, "Changes the status of an order."),
        Route(.post, "/api/recommendations", .recommendations, needsUser: true, "What goes with a product."),
    ]

    private init(_ method: HTTPRequest.Method, _ path: String, _ upstream: Upstream, needsUser: Bool = false, _ summary: String) {
        self.method = method
        self.path = path
        self.upstream = upstream
        self.needsUser = needsUser
        self.summary = summary
    }
}
