internal import Foundation
internal import NIOPosix
internal import Synchronization

/// The addresses behind names of hosts, of which requests take one at random.
final class HostAddresses: Sendable {
    private struct Entry: Sendable {
        var addresses: [String]
        var endsAt: ContinuousClock.Instant
    }

    /// How long addresses are used before they are looked up anew.
    private static let lifetime = Duration.seconds(5)
    private static let hostsMax = 256

    private let threadPool: NIOThreadPool
    private let lookUp: @Sendable (String) -> [String]
    private let known = Mutex<[String: Entry]>([:])

    /// - Parameter lookUp: gives the addresses of a name as text; none where it is not known. It may block.
    init(_ threadPool: NIOThreadPool, lookUp: @escaping @Sendable (String) -> [String] = HostAddresses.ofSystem(_:)) {
        self.threadPool = threadPool
        self.lookUp = lookUp
    }

    /// One of the addresses behind the host of a URL; nil where there is none to choose: for an address, and for a name that cannot be
    /// resolved, about which the connection fails with more words.
    func one(behind url: String) async -> String? {
        guard let host = URL(string: url)?.host(percentEncoded: false)?.lowercased(), !host.isEmpty, !HostAddresses.isAddress(host) else {
            return nil
        }
        let entry = known.withLock { $0[host] }
        if let entry, entry.endsAt > .now { return entry.addresses.randomElement() }
        let lookUp = lookUp
        let addresses = (try? await threadPool.runIfActive { lookUp(host) }) ?? []
        known.withLock { known in
            if known.count >= HostAddresses.hostsMax { known = [:] }
            known[host] = Entry(addresses: addresses, endsAt: .now + HostAddresses.lifetime)
        }
        return addresses.randomElement()
    }

    private static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
    }
}
