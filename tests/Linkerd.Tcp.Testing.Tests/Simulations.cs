using System.Text;

namespace Linkerd.Tcp.Testing.Tests;

/// <summary>What the tests of simulations share.</summary>
internal static class Simulations
{
    public static readonly DstPath Name = DstPath.Parse("/svc/web");

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Sends a text, and reads as many bytes.</summary>
    public static async Task<string> EchoAsync(this Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Token);
        var answer = new byte[text.Length];
        await stream.ReadExactlyAsync(answer, Token);
        return Encoding.ASCII.GetString(answer);
    }
}
