internal import Logging
internal import ServiceLifecycle
internal import ShopKit

/// The fault `leak`: memory that is taken and not given back, until there is too much of it or the fault is cleared.
struct Leak: Service {
    static let bytesMax = 256 << 20

    let faults: Faults
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            var held = LeakedMemory(bytesMax: Leak.bytesMax)
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                guard held.grow(by: faults.number(of: .leak)) else { continue }
                logger.warning("leak ended", metadata: ["held_bytes": .stringConvertible(Leak.bytesMax)])
                do { try faults.clear(.leak) } catch { logger.error("the fault cannot be cleared", error: error) }
            }
        }
    }
}

/// Memory that is held on to.
struct LeakedMemory: Sendable {
    let bytesMax: Int
    private(set) var bytes = 0
    private var blocks: [[UInt8]] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes more, or gives everything back where nothing leaks any more.
    ///
    /// - Parameter count: the bytes that leak now; nil where the fault is off.
    /// - Returns: whether there is too much of it now, and all was given back.
    mutating func grow(by count: Double?) -> Bool {
        guard let count else {
            self = LeakedMemory(bytesMax: bytesMax)
            return false
        }
        let wanted = Int(min(max(count, 0), Double(bytesMax)))
        if bytes + wanted > bytesMax {
            self = LeakedMemory(bytesMax: bytesMax)
            return true
        }
        // Not zeros: pages of zeros would take no memory.
        blocks.append([UInt8](repeating: 1, count: wanted))
        bytes += wanted
        return false
    }
}
