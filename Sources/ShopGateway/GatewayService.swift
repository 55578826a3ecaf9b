internal import HTTPTypes
internal import Hummingbird
internal import PerchMetrics
public import ShopKit

/// The one door to the shop: limits, deadlines, tokens, and the way to the service that has the answer.
public enum GatewayService: ShopService {
    public static let name = ServiceName.gateway

    public static func assemble(_ service: ServiceAssembly) throws {
        let settings = service.settings
        let metrics = GatewayMetrics(in: service.telemetry.metrics)
        let limit = TokenBucket.Limit(
            perSecond: try settings.number("SHOP_RATE_PER_SECOND", default: 100, in: 0.1...1_000_000),
            burst: try settings.number("SHOP_RATE_BURST", default: 200, in: 1...1_000_000))
        let budget = Duration.milliseconds(try settings.number("SHOP_REQUEST_BUDGET_MS", default: 5000, in: 1...600_000))

        service.router.get("/") { _, _ in FrontPage() }
        let open = service.router.group()
            .add(middleware: RateLimits(limit, refused: metrics.rateLimited[], tokens: service.tokens))
            .add(middleware: RequestBudgets(budget: budget, now: settings.now))
        let users = open.group().add(middleware: RequireUser(service.tokens))
        for route in Route.all {
            let upstream = route.upstream
            let forwarding = Forwarding(client: try service.client(to: upstream.service) { metrics.show($0, of: upstream) })
            let template = String(route.path.dropFirst("/api".count))
            (route.needsUser ? users : open).on(RouterPath(route.path), method: route.method) { request, context in
                try await forwarding.forward(request, context, template: template)
            }
        }
    }
}
