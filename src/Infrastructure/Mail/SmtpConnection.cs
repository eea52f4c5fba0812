using System.Net.Sockets;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// A connection to a mail server (RFC 5321) that hands over one mail after the other. With PIPELINING a mail takes two
/// round trips: the envelope with DATA, then the content.
/// </summary>
internal sealed class SmtpConnection(
    Stream stream,
    SmtpReader reader,
    SmtpExtensions server,
    SmtpLimits limits,
    TimeProvider clock
) : IMailConnection
{
    // What the last write holds is in doubt from its first byte on: a large mail goes in several.
    private const int LargestWrite = 64 * 1024;

    private static readonly HandOver Taken = new HandOver.Taken(ProviderMessageId: null);

    private readonly WireBuffer _out = new();
    private readonly CancellationTokenSource _limit = new(Timeout.InfiniteTimeSpan, clock);
    private bool _needsReset;
    private bool _isBroken;
    private bool _hasServed;
    private bool _isAnswered;
    private volatile bool _isHandedOver;

    public bool IsUsable => !_isBroken;

    public async Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation)
    {
        if (_isBroken)
            return new HandOver.NotOffered("The connection broke before.");

        // A limit that ran out just as the last mail was answered cannot be set anew.
        if (_limit.IsCancellationRequested)
        {
            _isBroken = true;
            return new HandOver.NotOffered("The connection's time was up before.");
        }

        (_isHandedOver, _isAnswered) = (false, false);
        await using var cancelled = cancellation.UnsafeRegister(
            static connection => ((SmtpConnection)connection!).Cancel(),
            this
        );
        HandOver outcome;
        try
        {
            outcome = await HandOverMail((ComposedMail)mail);
        }
        catch (Exception failed) when (failed is IOException or SocketException or OperationCanceledException)
        {
            outcome = Failed(failed);
        }

        // The time until the next mail is nobody's fault.
        _limit.CancelAfter(Timeout.InfiniteTimeSpan);
        _isBroken = outcome.EndsConnection;
        _hasServed = true;
        return outcome;
    }

    /// <summary>Takes leave, without waiting long for an answer.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_isBroken)
            {
                _limit.CancelAfter(limits.Goodbye);
                await stream.WriteAsync("QUIT\r\n"u8.ToArray(), _limit.Token);
                await reader.Read(isTextWanted: false, _limit.Token);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // It is gone already.
        }

        await stream.DisposeAsync();
        _limit.Dispose();
    }

    private async Task<HandOver> HandOverMail(ComposedMail mail)
    {
        if (mail.IsInternational && !server.International)
            return new HandOver.Refused("The mail server takes no addresses beyond ASCII (SMTPUTF8).");

        if (server.LargestMail < mail.Content.Length)
            return new HandOver.Refused("The mail is larger than the mail server takes.");

        _limit.CancelAfter(limits.Command);
        var (refused, mayGoOn) = server.Pipelining ? await OfferAtOnce(mail) : await OfferStepByStep(mail);
        if (refused is { } refusal)
        {
            _needsReset = true;
            if (mayGoOn)
                await SendNothing();

            return SmtpVerdict.Of(refusal);
        }

        _needsReset = false;
        return await SendContent(mail.Content);
    }

    /// <summary>The envelope in one write (RFC 2920).</summary>
    private async ValueTask<(SmtpReply? Refused, bool MayGoOn)> OfferAtOnce(ComposedMail mail)
    {
        _out.Clear();
        if (_needsReset)
            _out.Append("RSET\r\n"u8);

        AppendSender(mail);
        AppendRecipient(mail);
        _out.Append("DATA\r\n"u8);
        await stream.WriteAsync(_out.Memory, _limit.Token);
        if (_needsReset)
            First(await Reply());

        var sender = First(await Reply()) with { IsToSender = true };
        var recipient = RequireNotClosing(await Reply());
        var data = await Reply();
        var mayGoOn = data.Code == SmtpReply.GoOn;
        return (FirstRefusal(sender, recipient, data), mayGoOn);
    }

    private async ValueTask<(SmtpReply? Refused, bool MayGoOn)> OfferStepByStep(ComposedMail mail)
    {
        _out.Clear();
        if (_needsReset)
        {
            _out.Append("RSET\r\n"u8);
            First(await Exchange());
        }

        AppendSender(mail);
        var reply = First(await Exchange()) with { IsToSender = true };
        if (reply.IsPositive)
        {
            AppendRecipient(mail);
            reply = await Exchange();
        }

        if (!reply.IsPositive)
            return (reply, MayGoOn: false);

        _out.Append("DATA\r\n"u8);
        reply = await Exchange();
        var mayGoOn = reply.Code == SmtpReply.GoOn;
        return (mayGoOn ? null : reply, mayGoOn);
    }

    private async ValueTask<HandOver> SendContent(ReadOnlyMemory<byte> content)
    {
        _out.Clear();
        SmtpDots.Stuff(_out, content.Span);
        _out.Append(".\r\n"u8);
        var rest = _out.Memory;
        _limit.CancelAfter(limits.Content);
        for (; rest.Length > LargestWrite; rest = rest[LargestWrite..])
            await stream.WriteAsync(rest[..LargestWrite], _limit.Token);

        // From here on the server may have it all, and nobody can say that it does not.
        _isHandedOver = true;
        if (_limit.IsCancellationRequested)
        {
            _isHandedOver = false;
            return new HandOver.NotNow("Sending was cancelled.", IsBroken: true);
        }

        await stream.WriteAsync(rest, _limit.Token);
        _limit.CancelAfter(limits.End);
        var reply = await reader.Read(isTextWanted: true, _limit.Token);
        if (reply.Code is >= 300 and < 400)
            throw new SmtpProtocolException("The mail server does not answer as one.");

        // It has said that it did not take it.
        _isHandedOver = false;
        if (!reply.IsPositive)
            return SmtpVerdict.Of(reply);

        return reply.QueueId is { } name ? new HandOver.Taken(name) : Taken;
    }

    /// <summary>
    /// A server may want content although it took no recipient (RFC 2920 section 3.1); it is given an empty one, which
    /// goes to nobody.
    /// </summary>
    private async ValueTask SendNothing()
    {
        await stream.WriteAsync(".\r\n"u8.ToArray(), _limit.Token);
        await Reply();
        _needsReset = false;
    }

    private HandOver Failed(Exception failed)
    {
        var why = failed is OperationCanceledException ? "The mail server did not answer in time." : failed.Message;
        if (_isHandedOver)
            return new HandOver.Unknown($"After the mail's last byte: {why}");

        // Servers close connections that were idle, or served enough: no word of this mail was answered.
        return _hasServed && !_isAnswered && failed is not OperationCanceledException
            ? new HandOver.NotOffered(why)
            : new HandOver.NotNow(why, IsBroken: true);
    }

    // Waiting a moment for the answer to what was handed over leaves less in doubt.
    private void Cancel()
    {
        if (_isHandedOver)
            _limit.CancelAfter(limits.Goodbye);
        else
            _limit.Cancel();
    }

    private void AppendSender(ComposedMail mail)
    {
        _out.Append("MAIL FROM:<"u8);
        _out.Append(mail.ReturnPath);
        _out.Append((byte)'>');
        if (server.TakesSize)
        {
            _out.Append(" SIZE="u8);
            _out.AppendNumber(mail.Content.Length);
        }

        // Its headers are UTF-8 then; everything else is composed in ASCII and needs no 8BITMIME.
        if (mail.IsInternational)
            _out.Append(server.EightBit ? " BODY=8BITMIME SMTPUTF8"u8 : " SMTPUTF8"u8);

        _out.Append("\r\n"u8);
    }

    private void AppendRecipient(ComposedMail mail)
    {
        _out.Append("RCPT TO:<"u8);
        _out.Append(mail.To);
        _out.Append(">\r\n"u8);
    }

    private async ValueTask<SmtpReply> Exchange()
    {
        await stream.WriteAsync(_out.Memory, _limit.Token);
        _out.Clear();
        return await Reply();
    }

    private ValueTask<SmtpReply> Reply() => reader.Read(isTextWanted: false, _limit.Token);

    private SmtpReply First(SmtpReply reply)
    {
        RequireNotClosing(reply);
        _isAnswered = true;
        return reply;
    }

    // Nothing follows it, also where more answers are due.
    private static SmtpReply RequireNotClosing(SmtpReply reply) =>
        reply.Code == SmtpReply.Closing ? throw new SmtpProtocolException(reply.Reason) : reply;

    private static SmtpReply? FirstRefusal(SmtpReply sender, SmtpReply recipient, SmtpReply data)
    {
        if (!sender.IsPositive)
            return sender;

        if (!recipient.IsPositive)
            return recipient;

        return data.Code == SmtpReply.GoOn ? null : data;
    }
}
