using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// Watches the deadlines of what persons demanded: tells each organization's owner what is due within a week and what
/// is overdue, once a day. Archives go a month after they were made, notes and reasons three years after the end.
/// </summary>
[RequiresOperator]
[Job("privacy.watch")]
public sealed record WatchPrivacyRequests : IJob;

/// <summary>Looks over the requests of all organizations.</summary>
public interface IPrivacyDeadlines
{
    /// <summary>Where something is due by a day, or was before; in no order.</summary>
    /// <param name="today">What is due before is overdue.</param>
    Task<IReadOnlyList<DueRequests>> Due(DateOnly by, DateOnly today, CancellationToken cancellation);

    /// <summary>Requests that ended before an instant and still hold notes or reasons, some of them.</summary>
    Task<IReadOnlyList<(string Tenant, Guid Id)>> Ended(
        DateTimeOffset before,
        int limit,
        CancellationToken cancellation
    );

    /// <summary>The requests about one person that have ended and still hold notes or reasons.</summary>
    Task<IReadOnlyList<Guid>> EndedAbout(string tenant, Guid subject, CancellationToken cancellation);

    /// <summary>Notes how many are due soon and how many overdue, for whoever watches the service.</summary>
    void Measure(long due, long overdue);

    /// <summary>
    /// Whether a contact has a request that is still to be done: nothing of theirs is purged meanwhile.
    /// </summary>
    Task<bool> IsOpenFor(string tenant, Guid contact, CancellationToken cancellation);
}

/// <summary>What is due in one organization.</summary>
/// <param name="Owner">The owner's address; null for the installation's own, and where it is gone.</param>
/// <param name="NextOn">The earliest last day.</param>
public sealed record DueRequests(string Tenant, string? Name, string? Owner, int Due, int Overdue, DateOnly NextOn);

internal sealed class WatchPrivacyRequestsHandler(
    IPrivacyDeadlines deadlines,
    IPrivacyArchives archives,
    IServiceProvider services,
    RunAs runAs,
    TimeProvider clock
) : IJobHandler<WatchPrivacyRequests>
{
    /// <summary>How many days before its last one a request is told of.</summary>
    public const int DaysBefore = 7;

    private const int ArchiveDays = 30;
    private const int NoteYears = 3;
    private const int AtOnce = 200;

    public async Task<string> Handle(WatchPrivacyRequests job, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var due = await deadlines.Due(today.AddDays(DaysBefore), today, cancellation);
        var overdue = due.Sum(one => one.Overdue);
        deadlines.Measure(due.Sum(one => one.Due), overdue);
        var (told, failed) = await Tell(due, cancellation);
        var archived = await archives.Purge(now.AddDays(-ArchiveDays), cancellation);
        var forgotten = await Forget(now.AddYears(-NoteYears), cancellation);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{due.Sum(one => one.Due)} requests are due within {DaysBefore} days and {overdue} are overdue; {told} "
                + $"owners were told, {failed} could not be. {archived} archives were deleted, "
                + $"{forgotten} requests forgotten."
        );
    }

    private async Task<(int Told, int Failed)> Tell(IReadOnlyList<DueRequests> due, CancellationToken cancellation)
    {
        var (told, failed) = (0, 0);
        // Where no mail is set up, the list and the note of the run say it.
        if (services.GetService<IMailer>() is not { } mailer)
            return (0, due.Count);

        foreach (var one in due.Where(one => one.Owner is not null))
        {
            try
            {
                await mailer.Send(Notice(one), cancellation);
                told++;
            }
            catch (MailNotSentException)
            {
                // Tomorrow's run tells again; the others are told today.
                failed++;
            }
        }

        return (told, failed);
    }

    // Numbers and days only: whom a request is about stands where one signs in.
    private static Mail Notice(DueRequests due)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Requests of persons about their data in {due.Name}:

            due within {DaysBefore} days: {due.Due}
            overdue: {due.Overdue}
            next last day: {due.NextOn:yyyy-MM-dd}

            The law gives one month to answer (GDPR Art. 12(3)). You find them under privacy requests.

            """
        );
        var subject = due.Overdue > 0 ? "Privacy requests are overdue" : "Privacy requests are due";
        return new Mail(From: null, due.Owner!, subject, text, Html: "");
    }

    private async Task<int> Forget(DateTimeOffset before, CancellationToken cancellation)
    {
        var forgotten = 0;
        while (await deadlines.Ended(before, AtOnce, cancellation) is { Count: > 0 } ended)
        {
            foreach (var (tenant, id) in ended)
            {
                await using var service = runAs.System(tenant, SystemActors.Schedule);
                await service.Send(new ForgetPrivacyRequest(id), cancellation);
                forgotten++;
            }
        }

        return forgotten;
    }
}
