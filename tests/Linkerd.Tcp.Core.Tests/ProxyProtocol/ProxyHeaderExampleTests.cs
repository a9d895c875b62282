using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Linkerd.Tcp.ProxyProtocol;
using Xunit;

namespace Linkerd.Tcp.Tests;

/// <summary>The PROXY protocol on connections of an embedder's, as docs/embed.md has it.</summary>
public sealed class ProxyHeaderExampleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Read_FromAPipeInPieces_LeavesTheClientsData(int piece)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (client, server) = (IPEndPoint.Parse("192.0.2.1:56324"), IPEndPoint.Parse("198.51.100.7:443"));
        using var stream = new MemoryStream();
        var header = new ProxyHeader(client, server, new ProxyTlv(ProxyTlvType.Authority, "web.example"u8.ToArray()));
        var buffer = new byte[header.GetMaxLength(ProxyProtocolVersion.V2)];
        await stream.WriteAsync(buffer.AsMemory(0, header.Write(buffer, ProxyProtocolVersion.V2, withChecksum: true)), cancellationToken);
        await stream.WriteAsync("hello"u8.ToArray(), cancellationToken);

        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 16));
        var writing = WriteAsync(pipe.Writer, stream.ToArray(), piece);
        var read = await ReadProxyHeaderAsync(pipe.Reader, cancellationToken);
        Assert.Equal((client, server, "web.example"), (read.Source, read.Destination, read.Authority));
        await writing;
        var rest = await pipe.Reader.ReadAtLeastAsync(5, cancellationToken);
        Assert.Equal("hello"u8, rest.Buffer.ToArray());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "expected a PROXY header")]
    [InlineData("PROXY TCP4 192.0.2.1 ", "the connection ended within its PROXY header")]
    public async Task Read_NoHeader_IsAnError(string text, string error)
    {
        var pipe = new Pipe();
        await WriteAsync(pipe.Writer, ProxyVectors.Ascii(text), 1000);
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => ReadProxyHeaderAsync(pipe.Reader, TestContext.Current.CancellationToken));
        Assert.Contains(error, thrown.Message, StringComparison.Ordinal);
    }

    private static async Task<ProxyHeader> ReadProxyHeaderAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await reader.ReadAsync(cancellationToken);
            var bytes = received.Buffer.IsSingleSegment ? received.Buffer.FirstSpan : received.Buffer.ToArray();
            var result = ProxyHeader.Read(bytes);
            if (result.Status == ProxyReadStatus.Done)
            {
                reader.AdvanceTo(received.Buffer.GetPosition(result.Consumed));
                return result.Header!;
            }

            if (result.Status == ProxyReadStatus.Invalid || received.IsCompleted)
            {
                throw new InvalidDataException(result.Error ?? "the connection ended within its PROXY header");
            }

            reader.AdvanceTo(received.Buffer.Start, received.Buffer.End);
        }
    }

    private static async Task WriteAsync(PipeWriter writer, byte[] bytes, int piece)
    {
        for (var at = 0; at < bytes.Length; at += piece)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)));
        }

        await writer.CompleteAsync();
    }
}
