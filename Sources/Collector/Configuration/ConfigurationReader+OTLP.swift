internal import ConfigFile
internal import Ingestion
internal import OTLPFormat

extension ConfigurationReader {
    /// Reads `otlp`: what becomes of the metrics of OpenTelemetry.
    func readOTLP(_ node: ConfigNode) throws(ConfigError) -> OTLPMetricOptions {
        try node.mapping { (mapping) throws(ConfigError) in
            var options = OTLPMetricOptions()
            options.promotion = try readPromotion(&mapping)
            if try mapping.isGiven("translation_strategy") {
                options.strategy = try mapping.required("translation_strategy") { (node) throws(ConfigError) in
                    try node.word(of: [
                        "UnderscoreEscapingWithSuffixes": OTLPTranslationStrategy.underscoreEscapingWithSuffixes,
                        "UnderscoreEscapingWithoutSuffixes": .underscoreEscapingWithoutSuffixes,
                        "NoUTF8EscapingWithSuffixes": .noUTF8EscapingWithSuffixes, "NoTranslation": .noTranslation,
                    ])
                }
            }
            options.keepsIdentifyingAttributes = try mapping.optional("keep_identifying_resource_attributes", default: false)
            options.convertsHistograms = try mapping.optional("convert_histograms_to_nhcb", default: false)
            options.promotesScope = try mapping.optional("promote_scope_metadata", default: false)
            options.sanitizesLabelUnderscores = try mapping.optional("label_name_underscore_sanitization", default: true)
            options.preservesLabelUnderscores = try mapping.optional("label_name_preserve_multiple_underscores", default: true)
            return options
        }
    }

    private func readPromotion(_ mapping: inout ConfigMapping) throws(ConfigError) -> OTLPMetricOptions.Promotion {
        let promotesAll = try mapping.optional("promote_all_resource_attributes", default: false)
        let promoted = try mapping.optional("promote_resource_attributes", reading: attributeNames(in:)) ?? []
        let ignored = try mapping.optional("ignore_resource_attributes", reading: attributeNames(in:)) ?? []
        if promotesAll, !promoted.isEmpty {
            throw mapping.error(
                atKey: "promote_resource_attributes",
                "promote_resource_attributes cannot be used together with promote_all_resource_attributes"
            )
        }
        if !promotesAll, !ignored.isEmpty {
            throw mapping.error(
                atKey: "ignore_resource_attributes", "ignore_resource_attributes needs promote_all_resource_attributes: true"
            )
        }
        return promotesAll ? .allBut(Set(ignored)) : .named(Set(promoted))
    }

    private func attributeNames(in node: ConfigNode) throws(ConfigError) -> [String] {
        var names: Set<String> = []
        return try node.list { (element) throws(ConfigError) in
            let name = try element.string()
            if name.allSatisfy(\.isWhitespace) { throw element.error("an attribute needs a name") }
            if !names.insert(name).inserted { throw element.error("the attribute \"\(name)\" stands twice in the list") }
            return name
        }
    }
}
