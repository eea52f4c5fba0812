using System.Runtime.ExceptionServices;
using System.Transactions;
using Hangfire;
using Hangfire.Common;
using Hangfire.PostgreSql;
using Hangfire.States;
using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// Hangfire on this installation's database. Nothing of it is static but how it writes types and arguments, so that
/// several services can live in one process.
/// </summary>
internal sealed class HangfireStore
{
    static HangfireStore() =>
        GlobalConfiguration
            .Configuration.SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings();

    private readonly Installation _installation;

    public HangfireStore(Installation installation, JobFilters filters, JobsOptions options)
    {
        _installation = installation;
        Storage = new PostgreSqlStorage(new WriterConnections(installation.Writer), OptionsOf(options));
        Client = new BackgroundJobClient(Storage, filters);
        Recurring = new RecurringJobManager(Storage, filters);
        Filters = filters;
    }

    public static PostgreSqlStorageOptions OptionsOf(JobsOptions options) =>
        new()
        {
            SchemaName = HangfireSchema.Name,
            // Only `migrate` changes tables, and a table that cannot be used is an error at once.
            PrepareSchemaIfNecessary = false,
            StartupConnectionMaxRetries = 0,
            AllowDegradedModeWithoutStorage = false,
            // What a dead node had is free for others after this time, its locks too, which Hangfire keeps as rows.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(options.TakeOverSeconds),
            DistributedLockTimeout = TimeSpan.FromSeconds(options.TakeOverSeconds),
            QueuePollInterval = TimeSpan.FromMilliseconds(options.LookMilliseconds),
            EnableTransactionScopeEnlistment = true,
        };

    public PostgreSqlStorage Storage { get; }

    public JobFilters Filters { get; }

    public RecurringJobManager Recurring { get; }

    public IBackgroundJobClient Client { get; }

    /// <summary>
    /// Stores a job, and what belongs to it, in one transaction of one connection; answers what
    /// <paramref name="write"/> answers. Nothing is stored where that is null.
    /// </summary>
    /// <param name="refuse">Runs first; no job is made where it answers something, and that is answered.</param>
    /// <param name="write">Writes what belongs to the job, given Hangfire's id.</param>
    public async Task<Guid?> Add(
        Job job,
        IState state,
        Func<NpgsqlConnection, Task<Guid?>> refuse,
        Func<NpgsqlConnection, long, Task<Guid?>> write
    )
    {
        try
        {
            // Hangfire joins it. The connection is given back each time before it is taken again: two at once would
            // need a transaction of two phases.
            using var scope = new TransactionScope(
                TransactionScopeOption.RequiresNew,
                new TransactionOptions { IsolationLevel = IsolationLevel.ReadCommitted },
                TransactionScopeAsyncFlowOption.Enabled
            );
            await using (var connection = await _installation.Writer.OpenConnectionAsync())
            {
                if (await refuse(connection) is { } instead)
                    return instead;
            }

            var id = IdOf(Client.Create(job, state));
            await using (var connection = await _installation.Writer.OpenConnectionAsync())
            {
                if (await write(connection, id) is not { } answer)
                    return null;

                scope.Complete();
                return answer;
            }
        }
        catch (Exception failed) when (OutageIn(failed) is { } outage)
        {
            // What the database said decides how it is answered.
            ExceptionDispatchInfo.Throw(outage);
            throw;
        }
    }

    /// <summary>Changes a job's state where it is in one of the states named; false where it is not.</summary>
    public bool Change(long job, IState state, params ReadOnlySpan<string> expected)
    {
        try
        {
            foreach (var one in expected)
            {
                if (Client.ChangeState(TextOf(job), state, one))
                    return true;
            }

            return false;
        }
        catch (Exception failed) when (OutageIn(failed) is { } outage)
        {
            ExceptionDispatchInfo.Throw(outage);
            throw;
        }
    }

    /// <summary>The database's failure in one of Hangfire or a transaction; null where it is no outage.</summary>
    private static Exception? OutageIn(Exception failed)
    {
        if (failed is not (TransactionException or BackgroundJobClientException))
            return null;

        for (var cause = failed.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (DatabaseOutage.Is(cause))
                return cause;
        }

        return failed is TransactionException ? new NpgsqlException("The job was not stored.", failed) : null;
    }

    public static long IdOf(string hangfireId) =>
        long.Parse(hangfireId, System.Globalization.CultureInfo.InvariantCulture);

    private static string TextOf(long hangfireId) =>
        hangfireId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed class WriterConnections(NpgsqlDataSource writer) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => writer.CreateConnection();
    }
}
