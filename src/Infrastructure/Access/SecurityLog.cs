using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Access;

/// <summary>
/// Notes on their way to the log. What is the same within a moment is one note with a count, and where more come than
/// can be written they are dropped and counted: nobody can fill the log by knocking.
/// </summary>
public sealed partial class SecurityLog(RunAs runAs, TimeProvider clock, ILogger<SecurityLog> logger)
    : WriteBehind<SecurityLog.Note>(clock, MostWaiting, MostWaiting),
        ISecurityLog
{
    private const int MostWaiting = 10_000;
    private const int MostAtOnce = 200;

    private static readonly Meter Meter = new("SchemaHub.Access");
    private static readonly Counter<long> NotTaken = Meter.CreateCounter<long>(
        "schemahub.access.notes_dropped",
        "{note}",
        "Security notes that were not written."
    );

    /// <inheritdoc/>
    public void Report(CommandContext context, SecurityIncident incident)
    {
        var organization = incident.Organization?.ToString() ?? context.Tenant;
        Add(new Note(organization, context.ToActor(), incident));
    }

    /// <inheritdoc/>
    protected override async Task Write(IReadOnlyList<Note> items, CancellationToken cancellation)
    {
        // The gravest first: where somebody knocks on every door at once, what matters is kept.
        var counted = items
            .GroupBy(note => note.Sameness, StringComparer.Ordinal)
            .Select(same => (Note: same.Last(), Times: same.Count()))
            .OrderByDescending(one => one.Note.Incident.Severity)
            .ToList();
        if (counted.Count > MostAtOnce)
            NotTaken.Add(counted.Count - MostAtOnce);

        await Task.WhenAll(counted.Take(MostAtOnce).Select(one => Write(one.Note, one.Times, cancellation)));
    }

    /// <inheritdoc/>
    protected override void Lost(int items, string why) => NotWritten(items, why);

    /// <inheritdoc/>
    protected override void Dropped() => NotTaken.Add(1);

    private async Task Write(Note note, int times, CancellationToken cancellation)
    {
        // In the name of the one it is about, who gets no rights by it.
        await using var scope = runAs.Caller(
            new CommandContext
            {
                Tenant = note.Tenant,
                Actor = note.By.Id,
                UserAgent = note.By.UserAgent,
                Ip = note.By.Ip is { } ip ? System.Net.IPAddress.Parse(ip) : null,
            }
        );
        var incident = note.Incident;
        await scope.Log.Change<SecurityNote, SecurityNoteEvent>(
            Guid.CreateVersion7(Clock.GetUtcNow()),
            taken =>
                taken.Take(
                    new SecurityIncidentNoted(
                        incident.Kind,
                        NameOf(incident.Severity),
                        times,
                        incident.User,
                        incident.Details
                    )
                ),
            cancellation,
            expectNew: true
        );
    }

    private static string NameOf(Severity severity) =>
        severity switch
        {
            Severity.Info => "info",
            Severity.Low => "low",
            Severity.Medium => "medium",
            Severity.High => "high",
            _ => "critical",
        };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Notes} security notes were not written: {Why}")]
    private partial void NotWritten(int notes, string why);

    /// <summary>What waits: for which tenant, by whom, what.</summary>
    public sealed record Note(string Tenant, Actor By, SecurityIncident Incident)
    {
        /// <summary>The same for notes that are counted as one.</summary>
        public string Sameness { get; } =
            string.Join(
                '\n',
                [
                    Tenant,
                    By.Id,
                    By.Ip ?? "",
                    Incident.Kind,
                    Incident.User?.ToString() ?? "",
                    .. (Incident.Details ?? new Dictionary<string, string>())
                        .OrderBy(detail => detail.Key, StringComparer.Ordinal)
                        .Select(detail => $"{detail.Key}={detail.Value}"),
                ]
            );
    }
}
