using System.Net;
using System.Security.Cryptography;
using System.Text;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>Represents the protection of an endpoint, as its metadata; without it, an endpoint shows state.</summary>
/// <param name="isOpen">True if it never needs a token.</param>
internal sealed class AdminProtection(bool isOpen)
{
    /// <summary>Gets the protection of probes and metrics.</summary>
    public static AdminProtection Open { get; } = new(isOpen: true);

    /// <summary>Gets a value that indicates whether it never needs a token.</summary>
    public bool IsOpen => isOpen;
}

/// <summary>
/// Decides which requests are served: by their Host, and, if they change something, by their origin and their token. Nothing else identifies a client: no cookie, and no parameter of a query.
/// </summary>
internal sealed partial class AdminAccess(AdminConfiguration options, ILogger logger)
{
    private const string Scheme = "Bearer ";

    private readonly HostCheck _hosts = new(options);
    private readonly bool _isOffLoopback = options.Socket is null && !IPAddress.IsLoopback(options.Ip);
    private readonly bool _areActionsOpen = options.Socket is not null || options.OpenLoopback;

    /// <summary>Gets the client of a request, for the log.</summary>
    public static string ClientOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, context.Connection.RemotePort).ToString()
        : "a client of the socket";

    /// <summary>Serves a request, or answers why it is refused.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (Find(context) is not var (status, reason, detail))
        {
            return next(context);
        }

        // Not what the client has sent: a token may be in a wrong place.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "another path";
        Log.Refused(logger, ClientOf(context), HttpMethods.IsGet(context.Request.Method) ? "GET" : HttpMethods.GetCanonicalizedValue(context.Request.Method) is "POST" or "PUT" or "DELETE" ? context.Request.Method : "another method", route, reason);
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"linkerd-tcp\"";
        }

        return Problem.WriteAsync(context.Response, status, detail ?? reason);
    }

    private static bool IsSameOrigin(HttpRequest request) => request.Headers.Origin is not { Count: > 0 } origins
        || (origins is [{ } origin] && origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));

    private static bool IsOwnSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"] is not { Count: > 0 } sites || sites is ["same-origin" or "none"];

    private (int Status, string Reason, string? Detail)? Find(HttpContext context)
    {
        var request = context.Request;
        if (!_hosts.Allows(request.Host, context.Connection.LocalIpAddress))
        {
            return (StatusCodes.Status421MisdirectedRequest, "its Host is none of this server", "The Host of the request is none of this server. Expected localhost, the address that it listens on, or a name of admin.hosts.");
        }

        var isAction = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        if (isAction && !(IsSameOrigin(request) && IsOwnSite(request)))
        {
            return (StatusCodes.Status403Forbidden, "it is of another origin", "The request comes from a page of another origin (Origin, Sec-Fetch-Site). Actions are not for other sites.");
        }

        var needsToken = isAction ? !_areActionsOpen : _isOffLoopback && context.GetEndpoint()?.Metadata.GetMetadata<AdminProtection>() is not { IsOpen: true };
        return needsToken ? FindTokenProblem(request) : null;
    }

    private (int Status, string Reason, string? Detail)? FindTokenProblem(HttpRequest request)
    {
        if (options.TokenFile is not { } file)
        {
            return (StatusCodes.Status403Forbidden, "no token is configured", "This needs a bearer token, and none is configured (admin.tokenFile, --admin-token-file).");
        }

        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return (StatusCodes.Status401Unauthorized, "it has no bearer token", "This needs a bearer token: Authorization: Bearer TOKEN.");
        }

        try
        {
            // Digests have one length, so that the time does not depend on that of the token either.
            return CryptographicOperations.FixedTimeEquals(Digest(header[Scheme.Length..].Trim()), Digest(AdminTokenFile.Read(file)))
                ? null
                : (StatusCodes.Status401Unauthorized, "its bearer token is wrong", "The bearer token is wrong.");
        }
        catch (InvalidValueException error)
        {
            return (StatusCodes.Status503ServiceUnavailable, $"the token cannot be read: {error.Message}", "The token of the server cannot be read; the log has the reason.");
        }
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static partial class Log
    {
        [LoggerMessage(9041, LogLevel.Warning, "admin: {Client}: {Method} {Route} was refused: {Reason}", EventName = "AdminRefused")]
        public static partial void Refused(ILogger logger, string client, string method, string route, string reason);
    }
}
