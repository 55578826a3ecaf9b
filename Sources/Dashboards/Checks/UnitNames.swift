/// The units that Grafana knows, by the ids that dashboards have (`packages/grafana-data/src/valueFormats/categories.ts`).
enum UnitNames {
    /// Whether a unit is one of Grafana's, or one of the forms that say their own, such as `suffix:orders`.
    static func isKnown(_ unit: String) -> Bool {
        if let colon = unit.firstIndex(of: ":") {
            return prefixes.contains(String(unit[..<colon])) && unit.index(after: colon) < unit.endIndex
        }
        return ids.contains(unit)
    }

    private static let prefixes: Set<String> = ["suffix", "prefix", "time", "si", "count", "currency", "bool"]

    private static let ids = Set(
        """
        none string short percent percentunit humidity dB hex0x hex sci locale pixel
        accMS2 accFS2 accG degree radian grad arcmin arcsec areaM2 areaF2 areaMI2
        flops mflops gflops tflops pflops eflops zflops yflops
        ppm conppb conngm3 conngNm3 conμgm3 conμgNm3 conmgm3 conmgNm3 congm3 congNm3 conmgdL conmmolL
        currencyUSD currencyGBP currencyEUR currencyJPY currencyRUB currencyUAH currencyBRL currencyDKK currencyISK currencyNOK
        currencySEK currencyCZK currencyCHF currencyPLN currencyBTC currencymBTC currencyμBTC currencyZAR currencyINR currencyKRW
        bits bytes kbytes mbytes gbytes tbytes pbytes decbits decbytes deckbytes decmbytes decgbytes dectbytes decpbytes
        pps bps Bps KBs Kbits MBs Mbits GBs Gbits TBs Tbits PBs Pbits binbps binBps KiBs Kibits MiBs Mibits GiBs Gibits TiBs
        Tibits PiBs Pibits
        dateTimeAsIso dateTimeAsIsoNoDateIfToday dateTimeAsUS dateTimeAsUSNoDateIfToday dateTimeAsLocal
        dateTimeAsLocalNoDateIfToday dateTimeAsSystem dateTimeFromNow
        watt kwatt megwatt gwatt mwatt Wm2 voltamp kvoltamp voltampreact kvoltampreact watth watthperkg kwatth kwattm amph kamph
        mamph joule ev amp kamp mamp volt kvolt mvolt dBm mohm ohm kohm Mohm farad µfarad nfarad pfarad ffarad henry mhenry µhenry
        lumens
        flowgpm flowcms flowcfs flowcfm litreh flowlpm flowmlpm lux forceNm forcekNm forceN forcekN
        Hs KHs MHs GHs THs PHs EHs massmg massg masslb masskg masst lengthmm lengthin lengthft lengthm lengthkm lengthmi
        pressurembar pressurebar pressurekbar pressurepa pressurehpa pressurekpa pressurehg pressurepsi
        radbq radci radgy radrad radsv radmsv radusv radrem radexpckg radr radsvh radmsvh radusvh
        rotrpm rothz rotrads rotdegs celsius fahrenheit kelvin
        hertz ns µs ms s m h d dtdurationms dtdurations dthms dtdhms timeticks clockms clocks
        cps ops reqps rps wps iops eps mps recps rowsps cpm opm rpm reqpm wpm epm mpm recpm rowspm
        velocityms velocitykmh velocitymph velocityknot mlitre litre m3 Nm3 dm3 gallons bool bool_yes_no bool_on_off
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
