internal import PerchExport

/// Sends some signals one way and the others another.
struct TransportBySignal: OTLPTransport {
    let special: any OTLPTransport
    /// What goes by the special way.
    let specialSignals: Set<OTLPSignal>
    let general: any OTLPTransport

    func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        await (specialSignals.contains(signal) ? special : general).send(message, signal)
    }

    func run() async {
        async let special: Void = special.run()
        await general.run()
        await special
    }

    func shutdown() async {
        await special.shutdown()
        await general.shutdown()
    }
}
