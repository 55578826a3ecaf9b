/// A query as a tree of texts and parts, so that a failing one can be made smaller without parsing.
struct QueryNode: Sendable {
    enum Kind: Sendable { case scalar, vector, range }

    indirect enum Part: Sendable {
        case text(String)
        case child(QueryNode)
        /// The matchers of a selector, in braces; a query is still well-typed without them.
        case matchers(String)
        /// The length of a range, in milliseconds.
        case length(Int64)
        case modifier(Modifier)
    }

    /// What follows a selector or a subquery; times in milliseconds.
    enum Modifier: Sendable {
        case offset(Int64)
        case pinned(Int64, offset: Int64)
        case start
        case end

        var text: String {
            switch self {
            case .offset(let offset): " offset " + duration(offset)
            case .pinned(let time, let offset): " @ \(seconds(time))" + (offset == 0 ? "" : " offset " + duration(offset))
            case .start: " @ start()"
            case .end: " @ end()"
            }
        }
        var isPinned: Bool { if case .offset = self { false } else { true } }
    }

    let kind: Kind
    /// The function, aggregation, operator or metric at the top.
    let name: String
    var parts: [Part]

    init(_ kind: Kind, _ name: String, _ parts: [Part]) {
        self.kind = kind
        self.name = name
        self.parts = parts
    }

    var text: String {
        parts.map { part in
            switch part {
            case .text(let text), .matchers(let text): text
            case .child(let node): node.text
            case .length(let length): duration(length)
            case .modifier(let modifier): modifier.text
            }
        }.joined()
    }

    var children: [QueryNode] {
        parts.compactMap { if case .child(let node) = $0 { node } else { nil } }
    }

    /// This node and all below it, outermost first.
    var all: [QueryNode] { [self] + children.flatMap(\.all) }

    /// The number of parts that can be taken away.
    var weight: Int {
        parts.reduce(1) { sum, part in
            switch part {
            case .text, .length: sum
            case .child(let node): sum + node.weight
            case .matchers, .modifier: sum + 1
            }
        }
    }

    var isSubquery: Bool { kind == .range && !children.isEmpty }
    /// Milliseconds between the steps of a subquery that says so in seconds.
    var subqueryStep: Int64? {
        guard isSubquery else { return nil }
        let texts = parts.compactMap { if case .text(let text) = $0 { text } else { nil } }
        guard let text = texts.first(where: { $0.hasPrefix(":") && $0.hasSuffix("s]") }) else { return nil }
        return Int64(text.dropFirst().dropLast(2)).map { $0 * 1000 }
    }
    var length: Int64? { parts.lazy.compactMap { if case .length(let length) = $0 { length } else { nil } }.first }
    var modifier: Modifier? { parts.lazy.compactMap { if case .modifier(let modifier) = $0 { modifier } else { nil } }.first }

    /// The smallest query of a kind.
    static func leaf(_ kind: Kind) -> QueryNode {
        switch kind {
        case .scalar: QueryNode(.scalar, "1", [.text("1")])
        case .vector: QueryNode(.vector, "level", [.text("level")])
        case .range: QueryNode(.range, "level", [.text("level["), .length(60_000), .text("]")])
        }
    }

    /// Well-typed queries that are smaller than this one, the smallest first.
    var reductions: [QueryNode] {
        var found: [QueryNode] = []
        for node in all.dropFirst() where node.kind != .range { found.append(node) }
        found += inner
        return found.filter { $0.weight < weight }.sorted { $0.weight < $1.weight }
    }

    private var inner: [QueryNode] {
        var found: [QueryNode] = []
        for (index, part) in parts.enumerated() {
            switch part {
            case .text, .length: continue
            case .matchers, .modifier:
                var smaller = self
                smaller.parts.remove(at: index)
                found.append(smaller)
            case .child(let child):
                var replacements = [QueryNode.leaf(child.kind)]
                replacements += child.all.dropFirst().filter { $0.kind == child.kind }
                replacements += child.inner
                for replacement in replacements {
                    var smaller = self
                    smaller.parts[index] = .child(replacement)
                    found.append(smaller)
                }
            }
        }
        return found
    }

    /// Makes a failing query as small as it gets while it still fails.
    static func shrink(_ query: QueryNode, stillFails: (QueryNode) async throws -> Bool) async rethrows -> QueryNode {
        var smallest = query
        var goesOn = true
        while goesOn {
            goesOn = false
            for candidate in smallest.reductions where try await stillFails(candidate) {
                smallest = candidate
                goesOn = true
                break
            }
        }
        return smallest
    }
}

/// A duration as PromQL writes it.
func duration(_ milliseconds: Int64) -> String {
    if milliseconds < 0 { return "-" + duration(-milliseconds) }
    let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return (whole > 0 || rest == 0 ? "\(whole)s" : "") + (rest > 0 ? "\(rest)ms" : "")
}

/// A time of milliseconds as a number of seconds.
func seconds(_ milliseconds: Int64) -> String {
    let rest = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(rest)"
}
