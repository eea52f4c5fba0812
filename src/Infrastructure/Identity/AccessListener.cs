using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Hears which accounts, organizations, roles, keys and sessions changed, on a connection of its own, and lets the
/// directory forget them. The directory believes its memory only while this is heard to work.
/// </summary>
public sealed partial class AccessListener(
    Installation installation,
    AccessDirectory directory,
    TimeProvider clock,
    ILogger<AccessListener> logger
)
{
    // So often the connection shows that it lives,
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    // and so long after it did memory is believed: as long as a change may go unheard where packets vanish.
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    /// <summary>Listens until cancelled; connects again whenever the connection is lost.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await Listen(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (Exception lost) when (DatabaseOutage.IsOrRefusal(lost))
            {
                directory.Disbelieve();
                Lost(DatabaseOutage.Describe(lost));
                await Pause(cancellation);
            }
        }

        directory.Disbelieve();
    }

    private async Task Listen(CancellationToken cancellation)
    {
        await using var connection = await installation.Listener.OpenConnectionAsync(cancellation);
        connection.Notification += (_, heard) => Hear(heard.Payload);
        await Execute(connection, $"listen {installation.Notices.Channel}", cancellation);
        // What was found before it listened may be old, also what is still on its way.
        directory.Disbelieve();
        directory.Believe(Believed);
        while (true)
        {
            // Without a word for a while it asks for one: a connection may be gone without saying so.
            if (!await connection.WaitAsync(Beat, cancellation))
                await Execute(connection, "select 1", cancellation);

            directory.Believe(Believed);
        }
    }

    // A notice is a hint of what to look up again. One that is not ours changes nothing.
    private void Hear(string payload)
    {
        if (installation.Notices.Read(payload) is not { } streams)
            return;

        if (streams.Count == 0)
            directory.ForgetAll();
        else
            directory.Forget(streams);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 2 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task Pause(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(BetweenTries, clock, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by itself.
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Changes of access are not heard of, and the database is asked each time: {Why}"
    )]
    private partial void Lost(string why);
}
