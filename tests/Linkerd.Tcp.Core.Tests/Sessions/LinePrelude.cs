using System.Net;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>A header of one line, as that of the PROXY protocol: the effective address of the client, or "no" for one that is to be refused.</summary>
/// <param name="takes">Whether it consumes the line, or looks only.</param>
internal sealed class LinePrelude(bool takes = true) : IPrelude
{
    public int Looks { get; private set; }

    public async ValueTask<PreludeResult> RunAsync(PreludeRun run)
    {
        while (!run.IsFull)
        {
            Looks++;
            var received = await run.ReceiveAsync();
            if (received.Data.IsEmpty)
            {
                return PreludeResult.Ended(received.Status);
            }

            var end = received.Data.Span.IndexOf((byte)'\n');
            if (end < 0)
            {
                run.Advance(0);
                continue;
            }

            var line = Encoding.ASCII.GetString(received.Data.Span[..end]);
            run.Advance(takes ? end + 1 : 0);
            if (!IPEndPoint.TryParse(line, out var client))
            {
                return PreludeResult.Refused($"'{line}' is no address");
            }

            run.Context.ProxyHeader = new ProxyHeader(client, null);
            return PreludeResult.Done;
        }

        return run.TooMuch;
    }
}
