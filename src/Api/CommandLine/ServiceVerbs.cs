using System.CommandLine;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Postgres;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>serve</c>, <c>migrate</c>, <c>rebuild</c>.</summary>
internal static class ServiceVerbs
{
    public static Command Serve()
    {
        var urls = new Option<string?>("--urls") { Description = "Where to listen, such as http://127.0.0.1:8080." };
        var serve = new Command("serve", "Run the service.") { urls };
        return serve.On(
            async (workspace, parsed, cancellation) =>
            {
                var options = workspace.Options with { Urls = parsed.GetValue(urls) ?? workspace.Options.Urls };
                await using var app = Verb.Settings(() =>
                    ApiHost.Create(workspace.Installation, options, builder => AddServer(builder, workspace.Server))
                );
                ReportServer(workspace.Server, app.Logger);
                await app.StartAsync(cancellation);
                var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
                Verb.Say($"Serving {string.Join(", ", addresses!.Addresses)}; its API is described at /docs.");
                await app.WaitForShutdownAsync(cancellation);
            }
        );
    }

    private static void AddServer(WebApplicationBuilder builder, EmbeddedPostgres? server)
    {
        if (server is not null)
            builder.Services.AddSingleton(server);
    }

    private static void ReportServer(EmbeddedPostgres? server, ILogger logger)
    {
        if (server is not null)
            server.Report = message => logger.LogError("{Message}", message);
    }

    public static Command Migrate() =>
        new Command("migrate", "Bring roles and schema up to date. Every verb does so; this one does nothing else.").On(
            (workspace, parsed, _) =>
            {
                Verb.Print(
                    parsed,
                    new { keys = workspace.Installation.Keys.Directory },
                    done => $"The database is up to date. Its keys are in {done.keys}: back them up apart from it."
                );
                return Task.CompletedTask;
            }
        );

    public static Command RebuildTables()
    {
        var schema = new Argument<string?>("schema")
        {
            Description = "The published schema, such as backstage.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Every schema that is filled from the log." };
        return new Command("rebuild", "Make a schema's tables anew from the log, and mend what differs.")
        {
            schema,
            all,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var one = parsed.GetValue(schema);
                if (one is null == !parsed.GetValue(all))
                    throw new FormatException("Name one schema, or --all.");

                var results = new Dictionary<string, RebuildResult>(StringComparer.Ordinal);
                foreach (var name in one is null ? Rebuild.SchemasOf(workspace.Installation) : [one])
                {
                    using var progress = new ProgressLine("events");
                    results[name] = await new Rebuild(workspace.Installation, name).Run(cancellation, progress.Report);
                    progress.Finish();
                }

                if (one is not null)
                    Verb.Print(parsed, results[one], Mended);
                else
                    Verb.Print(
                        parsed,
                        results,
                        done => string.Join('\n', done.Select(schema => $"{schema.Key}: {Mended(schema.Value)}"))
                    );
            }
        );
    }

    private static string Mended(RebuildResult done) =>
        $"{done.Events:N0} events read; {done.RowsMended:N0} rows were not as the log says.";
}
