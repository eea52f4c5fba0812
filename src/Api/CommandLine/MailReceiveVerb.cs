using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// <c>mail receive</c>: what a mail server pipes bounces and feedback reports into. It answers with the exit codes of
/// sysexits.h, which all of them understand.
/// </summary>
internal static class MailReceiveVerb
{
    private const int Handled = 0;

    /// <summary>EX_DATAERR: nobody can tell what it says; it is kept for a person to look at.</summary>
    private const int NotReadable = 65;

    /// <summary>EX_TEMPFAIL: the server keeps the message and brings it again.</summary>
    private const int TryAgain = 75;

    // A report is at the beginning of a message; behind it comes the mail that it is about, with all its pictures.
    private const int MostBytes = 1024 * 1024;

    public static Command Receive()
    {
        var recipient = new Option<string?>("--recipient")
        {
            Description = "Whom it was sent to, by its envelope: the return path of the mail that came back.",
        };
        var receive = new Command(
            "receive",
            "Take a bounce or a feedback report from standard input, as the pipe of a mail server."
        )
        {
            recipient,
        };
        receive.SetAction(
            (parsed, cancellation) => Run(Console.OpenStandardInput(), parsed, parsed.GetValue(recipient), cancellation)
        );
        return receive;
    }

    private static async Task<int> Run(
        Stream input,
        ParseResult parsed,
        string? recipient,
        CancellationToken cancellation
    )
    {
        try
        {
            var message = await ReadBeginning(input, cancellation);
            await using var workspace = await Workspace.Open(Verb.Say, cancellation);
            var received = await workspace.Send(Tenant.System, new ReceiveMail(message, recipient), cancellation);
            Verb.Print(parsed, received, Describe);
            if (received.As == ReceivedAs.NotReadable)
            {
                var kept = await UnreadMail.Keep(workspace.DataDirectory, message, TimeProvider.System, cancellation);
                Verb.Say($"It is kept: {kept}");
                return NotReadable;
            }

            return received.As == ReceivedAs.TooEarly ? TryAgain : Handled;
        }
        // Whatever fails here is ours, and the message is the only one of its kind: nothing may lose it.
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Verb.Say(failure is OperationCanceledException ? "Stopped." : failure.Message);
            return TryAgain;
        }
    }

    /// <summary>The first part of a message. The rest is read and dropped, so that the server can end.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadBeginning(Stream input, CancellationToken cancellation)
    {
        var beginning = new byte[MostBytes];
        var length = await input.ReadAtLeastAsync(beginning, MostBytes, throwOnEndOfStream: false, cancellation);
        if (length == MostBytes)
            await input.CopyToAsync(Stream.Null, cancellation);

        return beginning.AsMemory(0, length);
    }

    private static string Describe(MailReceived received) =>
        received.As switch
        {
            ReceivedAs.Recorded => $"Mail {received.EmailLog}: {received.Delivery}.",
            ReceivedAs.KnownAlready => $"Mail {received.EmailLog}: {received.Delivery}, as was known.",
            ReceivedAs.TooEarly =>
                $"Mail {received.EmailLog}: it is not written down yet that it left. Bring it again.",
            ReceivedAs.Unsubscribed => $"Mail {received.EmailLog}: its recipient asked for no more of its kind.",
            ReceivedAs.NoNews => $"Mail {received.EmailLog}: nothing that changes anything.",
            ReceivedAs.NotOurs => "It is about no mail of ours.",
            ReceivedAs.NotReadable => "It cannot be read as a bounce or a complaint: look at it.",
            _ => "It is neither a bounce nor a feedback report.",
        };
}
