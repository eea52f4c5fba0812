using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Microsoft.Extensions.Hosting;
using SchemaHub.BuildOnTheLog;
using SchemaHub.Marten;

// The connection string that `schemahub builder create reports` printed.
using var host = Sample.Build(Environment.GetEnvironmentVariable("LOG") ?? "");
await Sample.Prepare(host);
await host.RunAsync();

namespace SchemaHub.BuildOnTheLog
{
    /// <summary>A program of somebody else's that is built on the log.</summary>
    public static class Sample
    {
        /// <summary>
        /// A host in which Marten's daemon keeps <see cref="ConsentsByDay"/>, on one of any number of nodes.
        /// </summary>
        public static IHost Build(string connectionString, string schema = "reports", string? keysDirectory = null)
        {
            var builder = Host.CreateApplicationBuilder();
            builder
                .Services.AddSchemaHubEvents(log =>
                {
                    log.ConnectionString = connectionString;
                    log.Schema = schema;
                    log.KeysDirectory = keysDirectory;
                    log.Store = store =>
                    {
                        store.Schema.For<DayOfConsents>().MultiTenanted();
                        store.Projections.Add(
                            new ConsentsByDay(),
                            ProjectionLifecycle.Async,
                            nameof(ConsentsByDay),
                            daemon => daemon.DeleteViewTypeOnTeardown<DayOfConsents>()
                        );
                    };
                })
                .AddAsyncDaemon(DaemonMode.HotCold);
            return builder.Build();
        }

        /// <summary>Makes the sample's own table.</summary>
        public static Task Prepare(IHost host)
        {
            ArgumentNullException.ThrowIfNull(host);
            return ((IDocumentStore)host.Services.GetService(typeof(IDocumentStore))!).CreateOwnTables();
        }
    }
}
