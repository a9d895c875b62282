using System.Text.Json;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>The paths of the admin server, and what holds for all of them.</summary>
internal sealed partial class AdminRoutes(AdminServices services, ListenerIdentity? identity, ILogger logger) : IDisposable
{
    private const string Api = "/api/v1/";

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly AdminAccess _access = new(services.Options, logger);
    private readonly ProbeEndpoints _probes = new(services);
    private readonly StateEndpoints _state = new(services, identity);
    private readonly ActionEndpoints _actions = new(services, logger);

    // The answers that are made at once, each of which holds a page.
    private readonly SemaphoreSlim _turns = new(4, 4);

    /// <summary>Adds everything to the server.</summary>
    public void Map(WebApplication application)
    {
        application.Use(next => context => GuardAsync(context, next));
        application.UseRouting();
        application.Use(next => context => _access.InvokeAsync(context, next));
        application.MapMethods("/live", Reading, ProbeEndpoints.LiveAsync).WithMetadata(AdminProtection.Open);
        application.MapMethods("/ready", Reading, _probes.ReadyAsync).WithMetadata(AdminProtection.Open);
        services.MapMetrics?.Invoke(application).WithMetadata(AdminProtection.Open);
        application.MapMethods("/config", Reading, ConfigAsync);
        MapList(application, "listeners", _state.Listeners());
        MapList(application, "routers", _state.AllRouters());
        MapList(application, "destinations", _state.Destinations());
        MapList(application, "endpoints", _state.Endpoints());
        MapList(application, "sessions", _state.Sessions());
        MapList(application, "resolvers", _state.Resolvers());
        MapList(application, "certificates", _state.Certificates());
        MapList(application, "loops", _state.Loops());
        application.MapMethods(Api + "log-level", Reading, _actions.ShowLevelAsync);
        application.MapMethods(Api + "log-level", [HttpMethods.Put], _actions.SetLevelAsync);
        application.MapMethods(Api + "reload", [HttpMethods.Post], _actions.ReloadAsync);
        application.MapMethods("/shutdown", [HttpMethods.Post], _actions.ShutdownAsync);
        application.MapMethods("/abort", [HttpMethods.Post], _actions.AbortAsync);
        application.MapMethods(Api, Reading, context => IndexAsync(context, application));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _actions.Dispose();
        _turns.Dispose();
    }

    private static Task IndexAsync(HttpContext context, IEndpointRouteBuilder routes)
    {
        context.Response.ContentType = "application/json";
        var paths = routes.DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>().Select(static endpoint => endpoint.RoutePattern.RawText!).Distinct().Order(StringComparer.Ordinal);
        return JsonSerializer.SerializeAsync(context.Response.Body, new IndexDocument([.. paths]), AdminJson.Default.IndexDocument, context.RequestAborted);
    }

    private static string? Describe(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is no such path; GET /api/v1/ has all of them.",
        StatusCodes.Status405MethodNotAllowed => "The path has no such method; Allow has those that it has.",
        StatusCodes.Status408RequestTimeout => "The request took too long.",
        StatusCodes.Status413PayloadTooLarge => "The body of the request is too large; at most 16 KiB were expected.",
        >= 400 => "The request cannot be answered.",
        _ => null,
    };

    private void MapList<T, TDocument>(WebApplication application, string name, StateList<T, TDocument> list) => application.MapMethods(Api + name, Reading, async context =>
    {
        if (!await _turns.WaitAsync(Patience, context.RequestAborted).ConfigureAwait(false))
        {
            context.Response.Headers.RetryAfter = "1";
            await Problem.WriteAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "Too many clients ask at once; try again in a second.").ConfigureAwait(false);
            return;
        }

        try
        {
            await list.WriteAsync(context).ConfigureAwait(false);
        }
        catch (InvalidValueException error)
        {
            await Problem.WriteAsync(context.Response, StatusCodes.Status400BadRequest, error.Message).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    });

    private Task ConfigAsync(HttpContext context)
    {
        var (text, mediaType) = services.PrintConfiguration();
        context.Response.ContentType = mediaType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        // Nothing here is for a page of another site, for a frame, or for a cache.
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error)
        {
            context.Response.StatusCode = error.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error)
        {
            Log.Threw(logger, error);
            context.Response.StatusCode = context.Response.HasStarted ? context.Response.StatusCode : StatusCodes.Status500InternalServerError;
        }

        if (!context.Response.HasStarted && context.Response.ContentLength is null && Describe(context.Response.StatusCode) is { } detail)
        {
            await Problem.WriteAsync(context.Response, context.Response.StatusCode, detail).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9044, LogLevel.Error, "admin: a request could not be answered", EventName = "AdminFault")]
        public static partial void Threw(ILogger logger, Exception error);
    }
}
