/// A small font of pictures, drawn for charts: ASCII, five pixels wide, seven above the line and two below. Other characters show as a box.
enum BitmapFont {
    static let height = 7
    /// From one character to the next.
    static let advance = 6

    /// The width of a text in pixels.
    static func width(_ text: String) -> Double { Double(max(0, text.count * advance - 1)) }

    /// The rows of a character from the top, each five bits with the leftmost pixel highest.
    static func rows(of character: Character) -> ArraySlice<UInt8> {
        guard let code = character.asciiValue, (32..<127).contains(code) else { return box }
        let start = Int(code - 32) * 9
        return pictures[start..<start + 9]
    }

    private static let box: ArraySlice<UInt8> = [0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f, 0, 0]

    /// From the space to the tilde, a digit to base 32 for each row.
    private static let pictures: [UInt8] = {
        var rows: [UInt8] = []
        for byte in digits.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): rows.append(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "V"): rows.append(byte - UInt8(ascii: "A") + 10)
            default: continue
            }
        }
        precondition(rows.count == 95 * 9, "BUG: pictures of the font are missing")
        return rows
    }()

    private static let digits = """
        000000000 444440400 AA0000000 AAVAVAA00 4FKE5U400 PP248JJ00
        CIK8LID00 440000000 248884200 842224800 0LEVEL000 044V44000
        000006648 000V00000 000006600 11248GG00 EHJLPHE00 4CK444V00
        EH168GV00 EH161HE00 26AIV2200 VGU11HE00 68GUHHE00 V12244400
        EHHEHHE00 EHHF12C00 066006600 066006648 248G84200 00V0V0000
        842124800 EH1640400 EHNLNGF00 4AHHVHH00 UHHUHHU00 EHGGGHE00
        SIHHHIS00 VGGUGGV00 VGGUGGG00 EHGNHHF00 HHHVHHH00 E44444E00
        72222IC00 HIKOKIH00 GGGGGGV00 HRLLHHH00 HPPLJJH00 EHHHHHE00
        UHHUGGG00 EHHHLID00 UHHUKIH00 FGGE11U00 V44444400 HHHHHHE00
        HHHHAA400 HHHLLRH00 HHA4AHH00 HHA444400 V1248GV00 E88888E00
        GG8421100 E22222E00 4AH000000 0000000V0 840000000 00E1FHF00
        GGUHHHU00 00FGGGF00 11FHHHF00 00EHVGE00 698S88800 00FHHHF1E
        GGMPHHH00 40C444E00 2062222IC GGIKOKI00 C44444E00 00QLLLL00
        00MPHHH00 00EHHHE00 00UHHHUGG 00FHHHF11 00MPGGG00 00FGE1U00
        88S889600 00HHHJD00 00HHHA400 00HLLLA00 00HA4AH00 00HHHHF1E
        00V248V00 344O44300 444444400 O44344O00 009LI0000
        """
}
