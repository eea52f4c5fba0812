using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.CommandLine;

/// <summary>Ways to falsify a proof, to show that each is noticed.</summary>
internal static class Tampering
{
    /// <summary>Every kind by name, and the bundle it makes of a sound one of three or more events.</summary>
    public static IReadOnlyDictionary<string, Func<ProofBundle, string>> Kinds { get; } =
        new Dictionary<string, Func<ProofBundle, string>>
        {
            ["edited data"] = bundle =>
                With(bundle, events => events[1] = events[1] with { Data = Edit(events[1].Data) }),
            ["edited time"] = bundle =>
                With(
                    bundle,
                    events =>
                        events[1] = events[1] with
                        {
                            Timestamp = events[0].Timestamp.Replace("20", "19", StringComparison.Ordinal),
                        }
                ),
            ["edited kind"] = bundle =>
                With(bundle, events => events[1] = events[1] with { Type = "consent_given_v9" }),
            ["inserted event"] = bundle => With(bundle, events => events.Insert(1, events[0])),
            ["deleted event"] = bundle => With(bundle, events => events.RemoveAt(1)),
            ["truncated history"] = bundle => With(bundle, events => events.RemoveAt(events.Count - 1)),
            ["reordered events"] = bundle => With(bundle, events => (events[0], events[1]) = (events[1], events[0])),
            ["edited proof"] = bundle =>
                With(bundle, events => events[1] = events[1] with { Proof = Flip(events[1].Proof) }),
            ["edited checkpoint"] = bundle =>
                (bundle with { Checkpoint = bundle.Checkpoint with { Note = bundle.Checkpoint.Note + " " } }).ToJson(),
            ["another person's key"] = bundle =>
                (bundle with { SubjectKey = [.. bundle.SubjectKey!.Select(part => (byte)~part)] }).ToJson(),
            ["other tenant"] = bundle => (bundle with { Tenant = Guid.Empty.ToString() }).ToJson(),
            ["cut in half"] = bundle => bundle.ToJson()[..(bundle.ToJson().Length / 2)],
        };

    private static string With(ProofBundle bundle, Action<List<ProvenEvent>> tamper)
    {
        var events = bundle.Events.ToList();
        tamper(events);
        return (bundle with { Events = events }).ToJson();
    }

    private static string Edit(string data) => data.Insert(data.Length - 1, ", \"reason\": \"made up\"");

    private static List<byte[]> Flip(IReadOnlyList<byte[]> proof)
    {
        var hashes = proof.Select(hash => hash.ToArray()).ToList();
        if (hashes.Count == 0)
            hashes.Add(new byte[32]);
        else
            hashes[0][0] ^= 1;

        return hashes;
    }
}
