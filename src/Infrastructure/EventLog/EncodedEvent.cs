using System.Buffers;
using System.Text;
using Marten;
using Marten.Services;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// An event as it is stored. It was encoded before Marten gets it: what is personal in it is encrypted with its
/// subject's key and bound to stream and version, of which a serializer knows nothing.
/// </summary>
/// <param name="Json">What <see cref="EventCodec.Encode"/> made.</param>
internal sealed record EncodedEvent(string Json);

/// <summary>Writes encoded events as they are, and everything else as Marten would.</summary>
internal sealed class EncodedEventSerializer : SystemTextJsonSerializer, ISerializer
{
    /// <inheritdoc/>
    public new string ToJson(object? document) =>
        document is EncodedEvent encoded ? encoded.Json : base.ToJson(document);

    /// <inheritdoc/>
    public new void WriteTo(IBufferWriter<byte> writer, object? value)
    {
        if (value is EncodedEvent encoded)
            Encoding.UTF8.GetBytes(encoded.Json, writer);
        else
            base.WriteTo(writer, value);
    }
}
