using System.CommandLine;
using System.CommandLine.Parsing;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the options of TLS that are given several times, and checks all of them together.</summary>
internal static class TlsReader
{
    private static readonly CliOption Certificate = CliOptions.Find("tls-cert");
    private static readonly CliOption Route = CliOptions.Find("sni-route");
    private static readonly CliOption ServerTls = CliOptions.Find("server-tls");
    private static readonly CliOption ServerName = CliOptions.Find("server-tls-name");
    private static readonly CliOption ServerProtocols = CliOptions.Find("server-alpn");
    private static readonly CliOption[] OfIdentity = [.. CliOptions.Tls.Where(static option => option.Row.ModelType == typeof(IdentityConfiguration))];
    private static readonly CliOption[] OfServer = [.. CliOptions.Tls.Where(static option => option.Row.ModelType == typeof(ServerTlsConfiguration))];
    private static readonly CliOption[] OfClient = [.. CliOptions.Tls.Where(static option => option.Row.ModelType == typeof(ClientSettings) && option != ServerTls)];

    /// <summary>Returns true if routes are given, right or wrong.</summary>
    public static bool HasRoutes(ParseResult result) => Route.IsGiven(result);

    /// <summary>Reads the routes by server name.</summary>
    public static IReadOnlyList<SniRouteConfiguration> ReadRoutes(ParseResult result, List<string> errors)
    {
        var routes = new List<SniRouteConfiguration>();
        foreach (var text in Route.Texts(result, errors))
        {
            var route = new SniRouteConfiguration();
            Route.Write(text, errors, route);
            if (route.DstName is null)
            {
                continue;
            }

            if (routes.Find(other => other.Pattern == route.Pattern) is { } first)
            {
                errors.Add($"{Route.LongName} '{text}': never used, as '{first.Pattern}={first.DstName}' comes first; expected each pattern once");
            }

            routes.Add(route);
        }

        return routes;
    }

    /// <summary>Reads the options of TLS with clients; null if there is no certificate.</summary>
    public static ServerTlsConfiguration? Read(ParseResult result, List<string> errors)
    {
        if (!Certificate.IsGiven(result))
        {
            errors.AddRange(OfIdentity.Concat(OfServer).Where(option => option.IsGiven(result)).Select(static option => $"{option.LongName} means nothing without TLS with clients; expected {Certificate.Usage} too"));
            return null;
        }

        var identities = ReadIdentities(result, errors);
        var tls = new ServerTlsConfiguration { DefaultIdentity = identities.FirstOrDefault() };
        foreach (var same in identities.GroupBy(static identity => identity.Certs[0]).Where(static same => same.Count() > 1))
        {
            errors.Add($"{Certificate.LongName} '{same.Key}' is given {same.Count()} times; expected each certificate once");
            return tls;
        }

        tls.Identities = identities.Skip(1).ToDictionary(static identity => identity.Certs[0]);
        foreach (var option in OfServer)
        {
            option.Write(result, errors, tls);
        }

        return tls;
    }

    /// <summary>Adds an error for each option that means nothing beside the others.</summary>
    public static void Check(ParseResult result, RouterConfiguration router, List<string> errors)
    {
        var (server, client) = (router.Servers[0], router.Client.Global);
        if (server.Tls is { TrustCerts.Count: 0 })
        {
            errors.AddRange(OfServer.Where(option => option.Row.Key is "clientAuth" or "clientNames" or "crlFiles" && option.IsGiven(result)).Select(static option =>
                $"{option.LongName} means nothing without roots for clients' certificates; expected {CliOptions.Find("tls-client-ca").Usage} too"));
        }

        if (client.Tls is null)
        {
            errors.AddRange(OfClient.Where(option => option.IsGiven(result)).Select(static option => $"{option.LongName} means nothing without TLS to servers; expected {ServerTls.LongName} too"));
            return;
        }

        if (string.IsNullOrEmpty(client.TlsCert))
        {
            errors.AddRange(OfClient.Where(option => option.Row.Key is "tls.privateKey" or "tls.passphraseFile" && option.IsGiven(result)).Select(static option =>
                $"{option.LongName} is given without {CliOptions.Find("server-cert").LongName}; expected the certificate that it belongs to"));
        }

        if (client.TlsDisableValidation == true)
        {
            errors.AddRange(OfClient.Where(option => option.Row.Key is "tls.trustCerts" or "tls.names" or "tls.crlFiles" && option.IsGiven(result)).Select(static option =>
                $"{option.LongName} means nothing beside {CliOptions.Find("server-tls-insecure").LongName}, with which no certificate is verified; expected one of the two"));
        }

        var knowsClient = server.Tls is not null || server.AcceptProxy is not null;
        if (!knowsClient && server.SniRoutes.Count == 0 && client.TlsDnsName?.Contains("{sni}", StringComparison.Ordinal) == true)
        {
            errors.Add($"{ServerName.LongName} '{client.TlsDnsName}': no server name of a client is known; expected {Certificate.Usage}, {Route.Usage} or {CliOptions.Find("accept-proxy").Usage} too");
        }

        if (!knowsClient && client.TlsAlpnProtocols is ["{alpn}"])
        {
            errors.Add($"{ServerProtocols.LongName} '{{alpn}}': nothing is negotiated with clients; expected {Certificate.Usage} or {CliOptions.Find("accept-proxy").Usage} too");
        }
    }

    // In the order of the command line, in which a key belongs to the certificate before it. With one certificate the order does not matter.
    private static List<IdentityConfiguration> ReadIdentities(ParseResult result, List<string> errors)
    {
        var before = errors.Count;
        var certificates = Certificate.Texts(result, errors).Count;
        _ = OfIdentity.Where(static option => option != Certificate).Sum(option => option.Texts(result, errors).Count);
        if (errors.Count > before)
        {
            return [];
        }

        var identities = new List<IdentityConfiguration>(certificates);
        var current = certificates == 1 ? new IdentityConfiguration() : null;
        CliOption? option = null;
        foreach (var token in result.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                option = Array.Find(OfIdentity, option => option.LongName == token.Value);
            }
            else if (option is not null)
            {
                if (option == Certificate)
                {
                    current = certificates == 1 ? current : new IdentityConfiguration();
                    identities.Add(current!);
                }

                Write(option, token.Value, current, errors);
                option = null;
            }
        }

        return identities;
    }

    private static void Write(CliOption option, string text, IdentityConfiguration? identity, List<string> errors)
    {
        if (identity is null)
        {
            errors.Add($"{option.LongName} '{text}' is in front of every {Certificate.LongName}; expected it behind the one that it belongs to");
        }
        else if (option.Row.PrintArgument(identity) is { } first)
        {
            errors.Add($"{option.LongName} '{text}' is the second one for a certificate, after '{first}'; expected one behind each {Certificate.LongName}");
        }
        else
        {
            option.Write(text, errors, identity);
        }
    }
}
