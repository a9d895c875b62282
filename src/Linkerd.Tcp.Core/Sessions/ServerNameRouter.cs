using System.Globalization;
using System.Text;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Security.Routing;

namespace Linkerd.Tcp.Sessions;

/// <summary>Gives the sessions of a listener their names by rules on the server name and the application protocols of the client. Any thread.</summary>
/// <param name="rules">The rules.</param>
internal sealed class ServerNameRouter(ServerNameRules rules)
{
    /// <summary>Finds the name of a session.</summary>
    /// <param name="context">The session, after its preludes.</param>
    /// <param name="isFixed">True if the client had no part in the name: it is one of the rules' own.</param>
    /// <returns>The name; null if no rule applies.</returns>
    public DstPath? Find(SessionContext context, out bool isFixed)
    {
        // After a handshake there is one protocol at most. Before it the server has not chosen yet.
        var chosen = context.ApplicationProtocol;
        return rules.Find(context.ServerName, context.Greeting?.Hello is { } hello ? hello.ApplicationProtocols.AsSpan() : chosen is null ? [] : new ReadOnlySpan<string>(in chosen), out isFixed);
    }

    /// <summary>Describes for a log what the rules see of a client.</summary>
    public static string Describe(SessionContext context)
    {
        if (context.Greeting?.Problem is { } problem)
        {
            return problem;
        }

        var text = new StringBuilder();
        _ = context.ServerName is { } name ? AppendPrintable(text.Append("server name '"), name).Append('\'') : text.Append("no server name");
        var protocols = context.Greeting?.Hello?.ApplicationProtocols ?? (context.ApplicationProtocol is { } chosen ? [chosen] : []);
        for (var i = 0; i < protocols.Length; i++)
        {
            AppendPrintable(text.Append(i == 0 ? ", ALPN " : ","), protocols[i]);
        }

        return text.ToString();
    }

    /// <summary>Tells a client that was refused after its preludes, if rules look at it.</summary>
    /// <param name="context">The session.</param>
    /// <param name="refusal">The limit that refused it.</param>
    /// <returns>What the rules see of the client, for the log; null if its listener has none.</returns>
    public static async ValueTask<string?> RefuseAsync(SessionContext context, RejectReason refusal)
    {
        if (context.Acceptor.ServerNames is null)
        {
            return null;
        }

        if (refusal == RejectReason.NoRoute)
        {
            await RefuseAsync(context).ConfigureAwait(false);
        }

        return Describe(context);
    }

    /// <summary>
    /// Ends the connection of a client that has no name, in an order that it can see: with an alert that says why if TLS has not begun (RFC 6066, 3; RFC 8446, 9.2), with the end of TLS if it ends here.
    /// </summary>
    private static ValueTask RefuseAsync(SessionContext context) => TlsRefusal.CloseAsync(
        context.Connection,
        context.Greeting?.Hello is not { } hello ? null : hello.ServerName is null ? TlsAlert.MissingExtension : TlsAlert.UnrecognizedName);

    // A client, or a proxy before this one, may have sent anything.
    private static StringBuilder AppendPrintable(StringBuilder text, string sent)
    {
        foreach (var letter in sent)
        {
            _ = letter is > ' ' and <= '~' and not '\\' and not '\'' ? text.Append(letter) : text.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
        }

        return text;
    }
}
