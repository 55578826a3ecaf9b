/// Names of services as small numbers, for requests that wait for their other side.
struct NameTable: Sendable {
    /// The name that is not known yet.
    static let none = UInt32.max

    private var index = IdentityIndex()
    private var names: [[UInt8]] = []
    private var identities: [Identity] = []
    private var free: [UInt32] = []
    /// At how many names those that nobody uses are looked for.
    private var sweepAt = sweepMin
    private static let sweepMin = 4096

    init() {}

    var count: Int { index.count }

    /// The number of a name, which is noted where it is new.
    mutating func number(of identity: Identity, _ name: @autoclosure () -> [UInt8]) -> UInt32 {
        if let known = index.find(identity) { return UInt32(known) }
        let number: UInt32
        if let reused = free.popLast() {
            number = reused
            names[Int(number)] = name()
            identities[Int(number)] = identity
        } else {
            number = UInt32(names.count)
            names.append(name())
            identities.append(identity)
        }
        index.insert(identity, Int(number))
        return number
    }

    func name(_ number: UInt32) -> [UInt8] { number == NameTable.none ? [] : names[Int(number)] }
    func identity(_ number: UInt32) -> Identity { number == NameTable.none ? Identity() : identities[Int(number)] }

    /// Whether it is time to call ``sweep(inUse:)``.
    var isSweepDue: Bool { index.count >= sweepAt }

    /// Forgets the names that nobody uses. Numbers in use stay good.
    mutating func sweep(inUse: Set<UInt32>) {
        for number in names.indices where !inUse.contains(UInt32(number)) && index.find(identities[number]) == number {
            index.remove(identities[number])
            names[number] = []
            free.append(UInt32(number))
        }
        sweepAt = max(NameTable.sweepMin, index.count * 2)
    }
}
