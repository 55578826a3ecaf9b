internal import OutboundHTTP

extension Delivery {
    /// An address that is a secret, or in a file.
    func address(_ secret: HTTPSecret, _ key: String) throws(DeliveryFailure) -> HTTPAddress {
        try address(text: try read(secret), key)
    }

    func address(text: String, _ key: String) throws(DeliveryFailure) -> HTTPAddress {
        do throws(HTTPAddress.Fault) {
            return try HTTPAddress(text)
        } catch {
            throw DeliveryFailure(.configuration, "\(key): \(error.message)")
        }
    }
}
