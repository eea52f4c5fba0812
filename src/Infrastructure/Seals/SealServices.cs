using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>Who keeps checkpoints outside this installation's reach, <c>SchemaHub:Witnesses</c>.</summary>
public sealed record WitnessOptions
{
    /// <summary>Files that are only appended to, best on another machine's disk.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Addresses that take checkpoints by POST.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [];

    /// <summary>Mailboxes that get a checkpoint a day.</summary>
    public IReadOnlyList<string> Mailboxes { get; init; } = [];

    /// <summary>The sender of those mails.</summary>
    public string MailFrom { get; init; } = "schemahub@localhost";
}

/// <summary>Registration of seals, proofs and witnesses.</summary>
public static class SealServices
{
    /// <summary>Adds the sealer, the proofs and the delivery of checkpoints; who hosts them runs them.</summary>
    public static IServiceCollection AddSeals(
        this IServiceCollection services,
        Installation installation,
        WitnessOptions witnesses
    )
    {
        services.AddSingleton<ISealKey>(_ => PemSealKey.Open(installation.Keys.Directory));
        services.AddSingleton(provider => new Sealer(
            installation.Writer,
            provider.GetRequiredService<ISealKey>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Sealer>>()
        ));
        services.AddSingleton(provider => new ProofBuilder(installation.Writer, provider.GetRequiredService<Sealer>()));
        services.AddSingleton<IProofs>(provider => new Proofs(
            provider.GetRequiredService<ProofBuilder>(),
            provider.GetRequiredService<LogReader>()
        ));
        services.AddHttpClient();
        services.AddSingleton(provider => new WitnessDelivery(
            installation.Writer,
            [.. Witnesses(provider, witnesses)],
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WitnessDelivery>>()
        ));
        return services;
    }

    private static IEnumerable<IWitness> Witnesses(IServiceProvider provider, WitnessOptions options)
    {
        foreach (var file in options.Files)
            yield return new FileWitness(file);

        foreach (var url in options.Urls)
            yield return new HttpWitness(
                url,
                provider.GetRequiredService<IHttpClientFactory>().CreateClient(),
                provider.GetRequiredService<TimeProvider>()
            );

        foreach (var mailbox in options.Mailboxes)
            yield return new MailWitness(
                mailbox,
                (subject, text, cancellation) =>
                    MailOnce(
                        provider.GetRequiredService<IMailer>(),
                        new Application.Contacts.Mail(
                            options.MailFrom is { } from ? Mailbox.Sender(from) : null,
                            mailbox,
                            subject,
                            text,
                            Html: ""
                        ),
                        cancellation
                    )
            );
    }

    private static async Task MailOnce(
        IMailer mailer,
        Application.Contacts.Mail checkpoint,
        CancellationToken cancellation
    )
    {
        try
        {
            await mailer.Send(checkpoint, cancellation);
        }
        catch (MailNotSentException unanswered) when (unanswered.IsInDoubt)
        {
            // It may have arrived. A newer one follows tomorrow; the same one every few minutes would help nobody.
        }
    }
}

/// <inheritdoc cref="IProofs"/>
internal sealed class Proofs(ProofBuilder builder, LogReader log) : IProofs
{
    private const int MostRounds = 3;

    public async Task<string> Prove(
        string tenant,
        Guid stream,
        IReadOnlyList<long> witnessedSizes,
        ProofReader reader,
        CancellationToken cancellation
    )
    {
        for (var round = 1; ; round++)
        {
            var bundle =
                await builder.Build(tenant, stream, subjectKey: null, witnessedSizes, cancellation)
                ?? throw new SealBrokenException($"Stream {stream} is in the directory and not in the log.");
            if (reader == ProofReader.Anybody)
                return bundle.ToJson();

            var key = (await log.Read(tenant, stream, cancellation)).Key;
            var whole = bundle with { SubjectKey = key?.Export() };
            var check = new SubjectKeyCheck(whole);
            if (check.Findings.Count == 0 && check.State != SubjectKeyState.Missing)
                return whole.ToJson();

            // The person was erased, or came back, after the events were read: they are read once more.
            if (round == MostRounds)
                return bundle.ToJson();
        }
    }
}
