internal import Synchronization
internal import TestSupport

/// One thing that a script does.
enum FaultStep: Equatable {
    /// How many milliseconds ago what is written was.
    case append(age: Int64)
    /// Writes once more to what was written before.
    case overwrite
    /// Writes what is kept beside the data.
    case metadata
    case sync
    /// Lets so many milliseconds pass.
    case wait(Int64)
    case maintain
    case flush
    case restart
}

/// A storage that does the work of a script on one thread, so that each run makes the same calls in the same order; and what must be in it.
protocol FaultSubject {
    /// What the storage throws where a call of the system fails.
    associatedtype StorageError: Error

    /// Everything that the storage does.
    static var script: [FaultStep] { get }

    var clock: WorkloadClock { get }
    var isOpen: Bool { get }

    init(directory: String, seed: UInt64, syncsEveryAppend: Bool)

    mutating func open() throws

    /// Takes a step with the open storage; any but waiting.
    mutating func take(_ step: FaultStep) throws

    /// As when the process ends: what it held goes.
    mutating func drop()

    /// What is not in the storage as it must be; nil where all is.
    ///
    /// - Parameter afterPowerCut: whether what was acknowledged and not synced may be missing.
    mutating func difference(afterPowerCut: Bool) throws -> String?

    /// What the storage's own look at its files finds.
    func problems() throws -> [String]
}

/// What a run found wrong.
struct FaultFailure: Error { let reason: String }

enum WorkloadTime {
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    /// 2026-11-22T12:00:00Z.
    static let noon: Int64 = 1_795_348_800_000
}

/// A clock, in milliseconds since 1970, that stands still until it is moved.
final class WorkloadClock: Sendable {
    private let time = Atomic<Int64>(WorkloadTime.noon)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
}
