using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Finds encodings, and the bytes that they do not have.</summary>
internal static class CsvEncodings
{
    // A noncharacter: no text has it, so it stands for bytes that another encoding could not decode.
    private const string Undecodable = "\uffff";

    /// <summary>The encoding of a name, the old code pages included; null when nobody knows it.</summary>
    public static Encoding? Find(string name)
    {
        var encoderFallback = EncoderFallback.ReplacementFallback;
        var decoderFallback = new DecoderReplacementFallback(Undecodable);
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name, encoderFallback, decoderFallback)
                ?? Encoding.GetEncoding(name, encoderFallback, decoderFallback);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Whether bytes are UTF-8 and nothing in them could not be decoded before they became UTF-8.</summary>
    /// <param name="valid">How many of the bytes are text before the first that is not.</param>
    public static bool IsText(ReadOnlySpan<byte> utf8, out int valid)
    {
        valid = utf8.IndexOf("\uffff"u8);
        if (valid < 0 && Utf8.IsValid(utf8))
            return true;

        var end = valid < 0 ? utf8.Length : valid;
        valid = 0;
        while (valid < end && Rune.DecodeFromUtf8(utf8[valid..], out _, out var length) == OperationStatus.Done)
            valid += length;

        return false;
    }
}
