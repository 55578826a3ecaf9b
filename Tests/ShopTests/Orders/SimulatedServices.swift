@testable internal import ShopOrders

/// The other services, as far as an order is concerned. Each takes a request any number of times, and an undone one not at all.
struct SimulatedServices: Equatable {
    enum Stock { case untouched, held, committed, released }
    enum Payment { case none, charged, refunded, void }
    enum Shipment { case none, created, shipped, cancelled }

    var stock = Stock.untouched
    var payment = Payment.none
    var shipment = Shipment.none
    var isShort = false
    var isDeclined = false
    var isOutOfReach = false

    /// - Returns: whether the service agrees.
    mutating func take(_ step: CheckoutSaga.Step) -> Bool {
        switch (step, stock, payment, shipment) {
        case (.reserve, .untouched, _, _) where !isShort: stock = .held
        case (.reserve, .held, _, _), (.reserve, .committed, _, _): break
        case (.commit, .held, _, _): stock = .committed
        case (.commit, .committed, _, _): break
        case (.release, .committed, _, _), (.release, .held, _, _), (.release, .untouched, _, _): stock = .released
        case (.release, .released, _, _): break
        case (.charge, _, .none, _) where !isDeclined: payment = .charged
        case (.charge, _, .charged, _): break
        case (.refund, _, .charged, _): payment = .refunded
        case (.refund, _, .none, _): payment = .void
        case (.refund, _, .refunded, _), (.refund, _, .void, _): break
        case (.ship, _, _, .none) where !isOutOfReach: shipment = .created
        case (.ship, _, _, .created), (.ship, _, _, .shipped): break
        case (.cancelShipment, _, _, .none), (.cancelShipment, _, _, .created): shipment = .cancelled
        case (.cancelShipment, _, _, .cancelled): break
        default: return false
        }
        return true
    }
}
