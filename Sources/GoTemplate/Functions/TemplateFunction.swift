/// A function or method that templates call.
public struct TemplateFunction: Sendable {
    /// What a parameter takes.
    public enum Parameter: Sendable, Hashable {
        case any, bool, int, float, string, list, map, time
        /// An object of the host's with this ``TemplateObject/typeName``.
        case object(String)

        /// The type as error messages name it.
        var typeName: String {
            switch self {
            case .any: "interface {}"
            case .bool: "bool"
            case .int: "int"
            case .float: "float64"
            case .string: "string"
            case .list: "[]interface {}"
            case .map: "map[string]interface {}"
            case .time: "time.Time"
            case .object(let name): name
            }
        }

        /// Whether a value may be given as it is.
        func takes(_ value: TemplateValue) -> Bool {
            switch (self, value) {
            case (.any, _), (.bool, .bool), (.int, .int), (.float, .float), (.string, .string), (.list, .list), (.map, .map),
                (.time, .time):
                true
            case (.object(let name), .object(let object)): object.typeName == name
            default: false
            }
        }

        /// Whether an object will do that is also such a value: lists and maps go by what they hold, as in Go, texts and numbers by their type.
        var takesPlainForms: Bool { self == .list || self == .map }

        /// What nil becomes; nil where it cannot be given.
        var zero: TemplateValue? {
            switch self {
            case .any, .object: TemplateValue.none
            case .list: .list([])
            case .map: .map(TemplateMap([]))
            case .bool, .int, .float, .string, .time: nil
            }
        }
    }

    /// What a function does.
    public typealias Body = @Sendable (TemplateCall) throws(TemplateFault) -> TemplateValue

    enum Meaning: Sendable {
        case body(Body)
        /// A value that is given with each rendering, by its place.
        case provided(Int)
        /// `and` or `or`, which do not look at arguments behind the one that decides.
        case logical(stopsAt: Bool)
    }

    /// The parameters that have to be given.
    public let parameters: [Parameter]
    /// What any number of further arguments have to be; nil where there may be none.
    public let variadic: Parameter?
    let meaning: Meaning

    public init(_ parameters: [Parameter], variadic: Parameter? = nil, _ body: @escaping Body) {
        self.parameters = parameters
        self.variadic = variadic
        meaning = .body(body)
    }

    private init(_ parameters: [Parameter], variadic: Parameter?, _ meaning: Meaning) {
        self.parameters = parameters
        self.variadic = variadic
        self.meaning = meaning
    }

    /// A function without parameters that gives what the host hands over with each rendering, at this place of `provided`. For what changes from
    /// one to the next, such as the time or the line that is worked on.
    public static func provided(_ index: Int) -> TemplateFunction { TemplateFunction([], variadic: nil, .provided(index)) }

    static func logical(stopsAt decisive: Bool) -> TemplateFunction {
        TemplateFunction([.any], variadic: .any, .logical(stopsAt: decisive))
    }

    /// The parameter for an argument by its place.
    func parameter(_ index: Int) -> Parameter { index < parameters.count ? parameters[index] : variadic ?? .any }
}

/// What a function is called with. The arguments are as many and of the kinds that it wants.
public struct TemplateCall {
    public let arguments: [TemplateValue]
    let evaluator: Evaluator?

    /// The bytes that a result may have at most.
    public var bytesMax: Int { evaluator?.limits.bytesMax ?? TemplateLimits().bytesMax }

    /// A string argument.
    ///
    /// - Precondition: the parameter is a string.
    public func string(_ index: Int) -> [UInt8] { if case .string(let bytes) = arguments[index] { bytes } else { [] } }

    /// A string argument as text.
    public func text(_ index: Int) -> String { String(decoding: string(index), as: UTF8.self) }

    /// An integer argument, held within what Swift's `Int` has.
    public func int(_ index: Int) -> Int { if case .int(let value) = arguments[index] { Int(value) } else { 0 } }

    public func float(_ index: Int) -> Double { if case .float(let value) = arguments[index] { value } else { 0 } }

    /// A value that the host hands over with the rendering (``TemplateFunction/provided(_:)``).
    public func provided(_ index: Int) -> TemplateValue {
        guard let evaluator, index >= 0, index < evaluator.provided.count else { return .none }
        return evaluator.provided[index]
    }

    /// What a template of the same set makes of a value.
    public func expand(_ name: String, _ value: TemplateValue) throws(TemplateFault) -> [UInt8] {
        guard let evaluator else { return [] }
        do {
            return try evaluator.expand(name, value)
        } catch {
            throw TemplateFault(error.message)
        }
    }
}

/// The functions that templates may call, by name. A host begins with ``builtin`` and adds its own.
public struct FunctionTable: Sendable {
    private var functions: [String: TemplateFunction] = [:]

    public init() {}

    public subscript(name: String) -> TemplateFunction? {
        get { functions[name] }
        set { functions[name] = newValue }
    }

    /// Adds a function, or takes the place of the one of that name.
    public mutating func add(
        _ name: String, _ parameters: [TemplateFunction.Parameter] = [], variadic: TemplateFunction.Parameter? = nil,
        _ body: @escaping TemplateFunction.Body
    ) {
        functions[name] = TemplateFunction(parameters, variadic: variadic, body)
    }
}
