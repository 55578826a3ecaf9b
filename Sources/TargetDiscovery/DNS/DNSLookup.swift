/// Decides whom to ask, for which names, and what the answers mean; asks nobody itself.
struct DNSLookup {
    enum Transport: Hashable {
        case udp, tcp
    }

    let configuration: ResolverConfiguration
    /// Asks a server for the records of a name.
    let ask: (_ name: String, _ server: String, _ transport: Transport) async throws -> DNSResponse

    /// The records of a name, none where all that were asked say that there is no such name.
    ///
    /// - Throws: where no candidate has been found and at least one could not be asked for: whether there are records is not known then.
    func records(_ name: String) async throws(ProviderFault) -> [DNSRecord] {
        var failure: ProviderFault?
        for candidate in configuration.candidates(name) {
            do throws(ProviderFault) {
                let response = try await answer(candidate)
                if response.code == .success { return response.records }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return []
    }

    /// The first answer that says whether there is such a name.
    private func answer(_ name: String) async throws(ProviderFault) -> DNSResponse {
        var reasons: [String] = []
        for server in configuration.servers {
            do {
                var response = try await ask(name, server, .udp)
                if response.isTruncated { response = try await ask(name, server, .tcp) }
                if response.isTruncated { throw ProviderFault("the answer is too large") }
                switch response.code {
                case .success, .noSuchName: return response
                case .other(let code): reasons.append("\(server): \(Self.meaning(code))")
                }
            } catch {
                reasons.append(ProviderFault(server, error).reason)
            }
        }
        throw ProviderFault(reasons.isEmpty ? "resolv.conf names no server" : "\(name): \(reasons.joined(separator: "; "))")
    }

    private static func meaning(_ code: UInt8) -> String {
        switch code {
        case 1: "the server does not understand the question"
        case 2: "the server failed"
        case 4: "the server does not do this"
        case 5: "the server refuses"
        default: "the server answered with code \(code)"
        }
    }
}
