using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Queries over UDP, and over TCP if the answer was cut off. Each query has a socket, and so a source port, of its own, which is connected: the operating system
/// passes on only the server's datagrams, and reports at once if nothing listens there. A datagram that is not an answer to the question is ignored (RFC 5452, 9).
/// </summary>
internal sealed class DnsExchange(TimeProvider timeProvider) : IDnsExchange
{
    // More than was offered to the server.
    private const int MaxDatagramSize = 4096;

    public async Task<DnsReply> AskAsync(IPEndPoint server, string name, DnsRecordKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(server, name, kind, withExtension: true, timeout, cancellationToken).ConfigureAwait(false);

        // RFC 6891, 7: a server that does not support the extension may refuse it in several ways.
        return reply is not null ? reply
            : await AskAsync(server, name, kind, withExtension: false, timeout, cancellationToken).ConfigureAwait(false)
                ?? DnsReply.Failed(DnsStatus.ServerFailed, $"name server {server.Address} does not understand the question");
    }

    // Null if the server does not support the extension.
    private async Task<DnsReply?> AskAsync(IPEndPoint server, string name, DnsRecordKind kind, bool withExtension, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (DnsQuestion.Create(name, DnsAnswer.TypeOf(kind), withExtension) is not { } question)
        {
            return DnsReply.Negative(null);
        }

        var message = await InTimeAsync(question, (question, token) => AskOverUdpAsync(server, question, token), timeout, cancellationToken).ConfigureAwait(false);
        if (message is { IsTruncated: true } && DnsQuestion.Create(name, DnsAnswer.TypeOf(kind), withExtension) is { } again)
        {
            message = await InTimeAsync(again, (question, token) => AskOverTcpAsync(server, question, token), timeout, cancellationToken).ConfigureAwait(false);
        }

        return message is null ? DnsReply.Failed(DnsStatus.ServerFailed, $"name server {server.Address} sent an answer that cannot be read")
            : withExtension && DnsAnswer.KnowsNoExtension(message) ? null
            : DnsAnswer.ToReply(message, server, name, kind);
    }

    private async Task<DnsMessage?> InTimeAsync(
        DnsQuestion question, Func<DnsQuestion, CancellationToken, Task<DnsMessage?>> ask, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await ask(question, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {timeout.TotalSeconds:0.###} s");
        }
    }

    private static async Task<DnsMessage?> AskOverUdpAsync(IPEndPoint server, DnsQuestion question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(question.Bytes, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxDatagramSize);
        try
        {
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
                if (question.IsAnsweredBy(buffer.AsSpan(0, length)))
                {
                    return DnsMessage.Read(buffer.AsSpan(0, length));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<DnsMessage?> AskOverTcpAsync(IPEndPoint server, DnsQuestion question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);

        // RFC 1035, 4.2.2: the length goes before the message, in one segment with it (RFC 7766, 8).
        var request = new byte[2 + question.Bytes.Length];
        BinaryPrimitives.WriteUInt16BigEndian(request, (ushort)question.Bytes.Length);
        question.Bytes.CopyTo(request.AsMemory(2));
        var stream = new NetworkStream(socket);
        await using (stream.ConfigureAwait(false))
        {
            var answer = new byte[2];
            try
            {
                await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
                await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
                answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(answer)];
                await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw e.InnerException as SocketException ?? new SocketException((int)SocketError.ConnectionReset);
            }

            return question.IsAnsweredBy(answer) ? DnsMessage.Read(answer) : null;
        }
    }
}
