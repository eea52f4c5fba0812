using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using SchemaHub.Application.Records;
using SchemaHub.Application.Schema;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Infrastructure.Podcasts;
using SchemaHub.Infrastructure.Records;
using SchemaHub.Infrastructure.Schema;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure;

/// <summary>Registration of everything in this layer.</summary>
public static class InfrastructureServices
{
    /// <summary>Adds the log, the projections and the ports, all on one installation.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, Installation installation)
    {
        services.AddSingleton(installation.Keys);
        services.AddSingleton(installation);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<RestoreGate>();
        services.AddSingleton<IRestoreHolds, RestoreHolds>();
        services.AddSingleton<IKeyedIds, KeyedIds>();
        services.AddSingleton(new TenantDatabase(installation.App));
        services.AddSingleton(new OperatorDatabase(new TenantDatabase(installation.Writer)));
        services.AddSingleton<ITableShapes>(new TableShapes(installation.Writer, installation.Schemas));
        services.AddSingleton<IRowRefusals, RowRefusals>();
        services.AddSingleton(new AnswerCipher(installation.Keys));
        services.AddSingleton<IReceipts>(provider => new Receipts(
            installation.Writer,
            provider.GetRequiredService<LogWriter>(),
            provider.GetRequiredService<AnswerCipher>()
        ));
        services.AddSingleton<IStreamDirectory>(_ => new StreamDirectory(installation.Writer));
        services.AddSingleton<IImportContents>(new ImportContents(installation.Writer));
        services.AddSingleton<IContactFileReader, CsvContactReader>();
        services.AddSingleton<IContactFileWriter, CsvContactWriter>();
        services.AddSingleton<IMailTokens>(new MailTokens(installation.Keys));
        services.AddSingleton(new SenderKeys(installation.Keys));
        services.AddSingleton<ISenderKeys>(provider => provider.GetRequiredService<SenderKeys>());
        services.AddSingleton<ISenders>(provider => new Senders(
            installation.Writer,
            provider.GetRequiredService<SenderKeys>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<IUnsubscribeTokens>(new UnsubscribeTokens(installation.Writer));
        services.AddSingleton(_ => new LogReader(installation.Writer, installation.Keys));
        services.AddSingleton<StateCache>();
        services.AddSingleton(provider => WriterOf(installation, provider, installation.BeginBatch));
        services.AddSingleton<LogWriter>();
        services.AddSingleton(provider => new LogReadiness(provider.GetRequiredService<LogWriter>()));
        services.AddSingleton<ISchemaReview>(provider =>
            SchemaReview.Of(installation, provider.GetRequiredService<TimeProvider>())
        );
        services.AddScoped<IEventLog, EventLog.EventLog>();
        AddFeatures(services, installation);
        AddAccess(services, installation);
        AddSigningIn(services, installation);
        AddJobs(services);
        return services;
    }

    private static void AddFeatures(IServiceCollection services, Installation installation)
    {
        services.AddSingleton<IDeliveries>(new Deliveries(installation.Writer));
        services.AddSingleton<ITracking, LinkTracking>();
        services.AddSingleton<Visits>();
        services.AddSingleton<IMailReports, MailReports>();
        services.AddSingleton<IRefusalJudge>(BounceRules.Default);
        services.AddSingleton<IComplaintAlarm, ComplaintAlarm>();
        services.AddSingleton(new TelemetryOptions());
        services.AddSingleton<ITelemetry>(new TelemetryWriter(installation));
        services.AddSingleton<ISeries, SeriesJobs>();
        services.AddSingleton<IOldEvidence, OldEvidenceFinder>();
        services.AddSingleton<IPrivacyDeadlines, PrivacyDeadlines>();
        services.AddSingleton<ArchiveStore>();
        services.AddSingleton<IPrivacyArchives, PrivacyArchives>();
        services.AddSingleton(new SendingOptions());
        services.AddSingleton<CampaignSender>();
        services.AddSingleton<ITemplateCompiler, TemplateCompiler>();
        services.AddSingleton<ITemplateWorkshop, TemplateWorkshop>();
        services.AddSingleton(new MjmlOptions());
        services.AddSingleton<IMjmlCompiler, MjmlCompiler>();
    }

    /// <summary>Runs jobs in this process while it is hosted.</summary>
    public static IServiceCollection AddJobRunner(this IServiceCollection services) =>
        services.AddHostedService<JobService>();

    /// <summary>The writer of the log.</summary>
    /// <param name="begin">Begins the session that writes one batch.</param>
    internal static BatchWriter WriterOf(
        Installation installation,
        IServiceProvider services,
        Func<NpgsqlTransaction, IBatchSession> begin
    )
    {
        // Found now: the last appends are written while the services are taken down.
        var directory = services.GetRequiredService<AccessDirectory>();
        return new BatchWriter(
            installation.Appender,
            begin,
            Projections.Of(installation),
            installation.Journal,
            services.GetRequiredService<TimeProvider>(),
            // This node's own changes are known to it before they are answered, not a moment later.
            events => directory.Forget(AccessNotices.Of(events))
        );
    }

    private static void AddAccess(IServiceCollection services, Installation installation)
    {
        services.AddSingleton<AccessDirectory>();
        services.AddSingleton<AccessListener>();
        services.AddSingleton(new ReaderLimits());
        services.AddSingleton<ReaderWatchdog>();
        services.AddSingleton<KeyUsage>();
        services.AddSingleton<IDueKeys>(new DueKeys(installation.Writer));
        services.AddSingleton<IKeyDirectory>(new KeyDirectory(installation.Writer));
        services.AddSingleton(new ApiAccessOptions());
        services.AddSingleton<IMemberships>(new Memberships(installation.Writer));
        services.AddSingleton<IInvitations>(new Invitations(installation.Writer));
        services.AddSingleton<SecurityLog>();
        services.AddSingleton<ISecurityLog>(provider => provider.GetRequiredService<SecurityLog>());
        services.AddSingleton(new AccessLogOptions());
        services.AddSingleton<AccessLog>();
        services.AddSingleton<IAccessLog>(provider => provider.GetRequiredService<AccessLog>());
    }

    private static void AddSigningIn(IServiceCollection services, Installation installation)
    {
        services.AddSingleton<IPasswordHasher>(new PasswordHasher(installation.Keys));
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<IAccessTokens>(provider => provider.GetRequiredService<AccessTokens>());
        services.AddSingleton<ISessionTokens, SessionTokens>();
        services.AddSingleton<CsrfTokens>();
        services.AddSingleton<ICsrfTokens>(provider => provider.GetRequiredService<CsrfTokens>());
        services.AddSingleton<AccountTokens>();
        services.AddSingleton<IAccountTokens>(provider => provider.GetRequiredService<AccountTokens>());
        services.AddSingleton<IDeviceTokens>(provider => provider.GetRequiredService<AccountTokens>());
        services.AddSingleton<ISignInThrottle>(provider => new SignInThrottle(
            installation.Writer,
            installation.Keys,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<ISessions>(provider => new Sessions(
            installation.Writer,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<AccountQueue>();
        services.AddSingleton<IAccountQueue>(provider => provider.GetRequiredService<AccountQueue>());
        services.AddSingleton(new GoogleOptions());
        services.AddSingleton<IGoogle>(provider => new GoogleClient(
            provider.GetRequiredService<GoogleOptions>(),
            GoogleClient.NewHttp()
        ));
    }

    private static void AddJobs(IServiceCollection services)
    {
        services.AddSingleton(new JobsOptions());
        services.AddSingleton(new RetentionOptions());
        services.AddSingleton(new JobTypes(typeof(ApplicationServices).Assembly));
        services.AddSingleton<IUpkeep, Upkeep>();
        services.AddSingleton(RecurringTable.Own);
        services.AddSingleton<JobRows>();
        services.AddSingleton<RecurringRuns>();
        services.AddSingleton<JobFilters>();
        services.AddSingleton<HangfireStore>();
        // For the dashboard.
        services.AddSingleton<Hangfire.JobStorage>(provider => provider.GetRequiredService<HangfireStore>().Storage);
        services.AddSingleton(provider => provider.GetRequiredService<HangfireStore>().Client);
        services.AddSingleton<Hangfire.IRecurringJobManager>(provider =>
            provider.GetRequiredService<HangfireStore>().Recurring
        );
        services.AddSingleton<JobRun>();
        services.AddSingleton<StoredJob>();
        services.AddSingleton(provider => new JobByHand(
            provider.GetRequiredService<JobRun>(),
            provider.GetRequiredService<JobRows>(),
            provider.GetRequiredService<JobTypes>()
        ));
        services.AddSingleton<RecurringSchedule>();
        services.AddScoped<IBackgroundJobs, BackgroundJobs>();
    }
}
