using Npgsql;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <inheritdoc cref="IRestoreHolds"/>
internal sealed class RestoreHolds(Installation installation, TimeProvider clock) : IRestoreHolds
{
    /// <summary>Why a mail that may have been sent before a restore is not sent again.</summary>
    public const string NotAgain = "It may have been sent before the restore, and is not sent again.";

    /// <summary>
    /// Holds everything of a restored database that would act by itself, and settles in it what the journal knows as
    /// sent. It can be repeated.
    /// </summary>
    public static async Task Hold(Installation installation, CancellationToken cancellation)
    {
        var known = await JournalNumbers.Read(installation.Writer, cancellation);
        var mails = HandedOverMails.Find(installation.Journal.ReadAfter(0), known);
        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        // Without an explicit transaction a batch is one.
        RestoreStatements.Hold(batch, mails, TimeProvider.System.GetUtcNow());
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<HeldAfterRestore> Find(CancellationToken cancellation)
    {
        var campaigns = new List<HeldCampaign>();
        foreach (var (campaign, audience) in await FindCampaigns(cancellation))
            campaigns.Add(
                audience is null
                    ? campaign
                    : campaign with
                    {
                        Remaining = await CountRecipients(campaign, audience, cancellation),
                    }
            );

        return new HeldAfterRestore(await FindWork(cancellation), campaigns);
    }

    public async Task<bool> ReleaseWork(string work, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand("delete from sending.held_work where work = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = work });
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    public async Task<bool> ReleaseCampaign(ReleaseCampaign release, CancellationToken cancellation)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var find = new NpgsqlCommand(RestoreStatements.Release, connection))
        {
            find.Parameters.Add(new NpgsqlParameter<int> { TypedValue = release.CampaignId });
            find.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
            find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = release.Rest });
            find.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = release.ResendsInDoubt });
            if (await find.ExecuteNonQueryAsync(cancellation) == 0)
                return false;
        }

        var settle = (release.Rest, release.ResendsInDoubt) switch
        {
            (RestOfCampaign.Send, false) => RestoreStatements.FailInDoubt,
            (RestOfCampaign.Sent, _) => RestoreStatements.TakeAsSent,
            _ => null,
        };
        if (settle is not null)
        {
            await using var command = new NpgsqlCommand(settle, connection) { CommandTimeout = 0 };
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = release.CampaignId });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = NotAgain });
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    private async Task<List<(HeldCampaign Campaign, Audience? Audience)>> FindCampaigns(CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(RestoreStatements.Campaigns);
        command.CommandTimeout = 0;
        var found = new List<(HeldCampaign, Audience?)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found.Add(
                (
                    new HeldCampaign(
                        reader.GetInt32(0),
                        reader.GetGuid(1),
                        reader.GetString(2),
                        reader.GetString(3),
                        reader.GetString(4),
                        reader.GetFieldValue<DateTimeOffset>(5),
                        reader.GetInt64(6),
                        reader.GetInt64(7),
                        reader.GetInt64(8),
                        reader.GetInt64(9)
                    ),
                    // Frozen recipients were counted.
                    reader.GetBoolean(10)
                        ? null
                        : new Audience(reader.GetString(11), reader.IsDBNull(12) ? null : reader.GetString(12))
                )
            );

        return found;
    }

    private async Task<long> CountRecipients(HeldCampaign campaign, Audience audience, CancellationToken cancellation)
    {
        await using var command = Recipients.Count(
            installation.Writer,
            campaign.Id,
            campaign.OrganizationId,
            audience.Purpose,
            audience.Filter
        );
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task<List<HeldBackgroundWork>> FindWork(CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select h.work, h.held_at, case when h.work = 'jobs' then (select count(*) from jobs.jobs) end
            from sending.held_work h
            order by h.work
            """
        );
        var found = new List<HeldBackgroundWork>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found.Add(
                new HeldBackgroundWork(
                    reader.GetString(0),
                    reader.GetFieldValue<DateTimeOffset>(1),
                    reader.IsDBNull(2) ? null : reader.GetInt64(2)
                )
            );

        return found;
    }

    private sealed record Audience(string Purpose, string? Filter);
}
