using System.Globalization;
using System.Text;
using System.Text.Json;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>What a bundle says about the key to the personal parts of its events.</summary>
public enum SubjectKeyState
{
    /// <summary>No event is encrypted.</summary>
    NotNeeded,

    /// <summary>The bundle has the key, and it is the one that the stream commits to.</summary>
    Present,

    /// <summary>The stream has a key, no erasure is sealed, and the bundle does not hold the key.</summary>
    Missing,

    /// <summary>A sealed event destroyed the key.</summary>
    Erased,
}

/// <summary>An event of a proven bundle, decrypted as far as the bundle's key goes.</summary>
/// <param name="Happened">Null where this version does not know events of this kind.</param>
public sealed record ProvenFact(long Version, DateTimeOffset At, string Type, object? Happened, string? Actor);

/// <summary>
/// Checks the subject's key of a bundle whose events are proven. The first event under a key commits to it, and an
/// erasure is an event, so both are covered by the seal. Decision 0042.
/// </summary>
internal sealed class SubjectKeyCheck
{
    private readonly ProofBundle _bundle;
    private readonly List<Finding> _findings = [];
    private byte[]? _commitment;
    private long _committedBy;
    private long? _erasedBy;

    public SubjectKeyCheck(ProofBundle bundle)
    {
        _bundle = bundle;
        foreach (var proven in bundle.Events)
            Follow(proven);

        using var opener = CheckKey()?.OpenerOf(bundle.Tenant, bundle.Stream);
        Facts = _findings.Count > 0 ? [] : [.. bundle.Events.Select(proven => Read(proven, opener))];
    }

    public IReadOnlyList<Finding> Findings => _findings;

    public SubjectKeyState State { get; private set; }

    public IReadOnlyList<ProvenFact> Facts { get; }

    private void Follow(ProvenEvent proven)
    {
        var (isPersonal, commitment) = KeyPartsOf(proven.Data);
        if (commitment is not null)
            (_commitment, _committedBy, _erasedBy) = (commitment, proven.Version, null);
        if (isPersonal && _commitment is null)
            Wrong($"Version {proven.Version} is encrypted with a key that no event of the stream commits to.");

        if (
            EventCodec.Catalogue.TryGetValue(proven.Type, out var stored)
            && stored.Type.IsAssignableTo(typeof(IErasure))
        )
            (_commitment, _erasedBy) = (null, proven.Version);
    }

    private SubjectKey? CheckKey()
    {
        if (_commitment is null)
        {
            State = _erasedBy is null ? SubjectKeyState.NotNeeded : SubjectKeyState.Erased;
            if (_bundle.SubjectKey is not null)
                Wrong(
                    _erasedBy is { } version
                        ? $"The bundle holds a key, but version {version} destroyed the stream's key."
                        : "The bundle holds a key, but no event of the stream is encrypted."
                );

            return null;
        }

        State = SubjectKeyState.Missing;
        if (_bundle.SubjectKey is not { } content)
            return null;

        if (!SubjectKey.TryImport(content, out var key))
        {
            Wrong($"The bundle's key has {content.Length} bytes: that is no key of a person.");
            return null;
        }

        if (!key.Commitment().AsSpan().SequenceEqual(_commitment))
        {
            Wrong($"The bundle's key is not the one that version {_committedBy} commits to.");
            return null;
        }

        State = SubjectKeyState.Present;
        return key;
    }

    private ProvenFact Read(ProvenEvent proven, PersonalOpener? opener)
    {
        var at = DateTimeOffset.Parse(
            proven.Timestamp,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal
        );
        var fact = new ProvenFact(proven.Version, at, proven.Type, Happened: null, proven.Actor);
        try
        {
            return EventCodec.Catalogue.ContainsKey(proven.Type)
                ? fact with
                {
                    Happened = EventCodec.Decode(
                        proven.Type,
                        Encoding.UTF8.GetBytes(proven.Data),
                        opener,
                        _bundle.Stream,
                        proven.Version
                    ),
                }
                : fact;
        }
        // The seal covers the data, whatever it is; that it cannot be read is said, and never ends the check.
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            _findings.Add(
                new(Finding.UnreadableEvent, $"Version {proven.Version} cannot be read, though it is what was sealed.")
            );
            return fact;
        }
    }

    private static (bool IsPersonal, byte[]? Commitment) KeyPartsOf(string data)
    {
        try
        {
            using var json = JsonDocument.Parse(data);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return (false, null);

            return (
                json.RootElement.TryGetProperty(EventCodec.PersonalProperty, out _),
                json.RootElement.TryGetProperty(EventCodec.KeyProperty, out var named)
                && named.ValueKind == JsonValueKind.String
                && named.TryGetBytesFromBase64(out var commitment)
                    ? commitment
                    : null
            );
        }
        // The latter where a text holds half a surrogate pair.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return (false, null);
        }
    }

    private void Wrong(string text) => _findings.Add(new(Finding.WrongKey, text));
}
