using System.Text.Json;
using Linkerd.Tcp.Cli.Logging;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>The actions; each is logged with its client and its result.</summary>
internal sealed partial class ActionEndpoints(AdminServices services, ILogger logger) : IDisposable
{
    private const int MaxSeconds = 24 * 60 * 60;

    private readonly SemaphoreSlim _reloading = new(1, 1);

    /// <summary>Reads configuration and files again.</summary>
    public async Task ReloadAsync(HttpContext context)
    {
        IReadOnlyList<string> problems, notApplied;
        await _reloading.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            (problems, notApplied) = await services.ReloadAsync().ConfigureAwait(false);
        }
        finally
        {
            _reloading.Release();
        }

        if (problems.Count == 0)
        {
            Log.Done(logger, AdminAccess.ClientOf(context), "reload", "done");
            await WriteAsync(context, StatusCodes.Status200OK, new ActionDocument("reloaded", notApplied.Count == 0 ? null : notApplied)).ConfigureAwait(false);
            return;
        }

        Log.Failed(logger, AdminAccess.ClientOf(context), "reload", string.Join("; ", problems));
        await Problem.WriteAsync(context.Response, StatusCodes.Status422UnprocessableEntity, "It cannot be used, and nothing has changed; problems has each reason.", problems).ConfigureAwait(false);
    }

    /// <summary>Shows the levels of the log.</summary>
    public Task ShowLevelAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(
            context.Response.Body, new LogLevelDocument(services.Levels.Current.ToString(), services.Levels.Until), AdminJson.Default.LogLevelDocument, context.RequestAborted);
    }

    /// <summary>Changes the levels of the log.</summary>
    public async Task SetLevelAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            await Problem.WriteAsync(context.Response, StatusCodes.Status415UnsupportedMediaType, "The Content-Type application/json was expected.").ConfigureAwait(false);
            return;
        }

        const string Expected = "A document such as {\"level\":\"debug\",\"forSecs\":600} was expected; forSecs, from 1 to 86400, may be left out.";
        LogLevelRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, AdminJson.Default.LogLevelRequest, context.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is not { Level: { Length: > 0 } level, ForSecs: null or (>= 1 and <= MaxSeconds) })
        {
            await Problem.WriteAsync(context.Response, StatusCodes.Status400BadRequest, Expected).ConfigureAwait(false);
            return;
        }

        var directives = LogDirectivesParser.Parse("level", level);
        if (directives.Warnings.Count > 0)
        {
            await Problem.WriteAsync(context.Response, StatusCodes.Status400BadRequest, "The level cannot be read, and nothing has changed; problems has each reason.", directives.Warnings).ConfigureAwait(false);
            return;
        }

        // Logged under the levels that let more through.
        var time = request.ForSecs is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        services.Levels.Set(directives, time);
        Log.Done(logger, AdminAccess.ClientOf(context), "log level", time is null ? directives.ToString() : $"{directives} for {request.ForSecs} s");
        await ShowLevelAsync(context).ConfigureAwait(false);
    }

    /// <summary>Requests a drain and the end of the process, once the answer was sent.</summary>
    public Task ShutdownAsync(HttpContext context) => EndAsync(context, "shutdown", "draining", services.Shutdown);

    /// <summary>Requests the end of the process at once, once the answer was sent.</summary>
    public Task AbortAsync(HttpContext context) => EndAsync(context, "abort", "aborting", services.Abort);

    /// <inheritdoc/>
    public void Dispose() => _reloading.Dispose();

    private static Task WriteAsync(HttpContext context, int status, ActionDocument result)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, result, AdminJson.Default.ActionDocument, context.RequestAborted);
    }

    private async Task EndAsync(HttpContext context, string action, string result, Action end)
    {
        Log.Done(logger, AdminAccess.ClientOf(context), action, result);
        context.Response.Headers.Connection = "close";
        try
        {
            await WriteAsync(context, StatusCodes.Status202Accepted, new ActionDocument(result)).ConfigureAwait(false);
            await context.Response.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            // Also if the client has left.
            end();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9042, LogLevel.Warning, "admin: {Client}: {Action}: {Result}", EventName = "AdminAction")]
        public static partial void Done(ILogger logger, string client, string action, string result);

        [LoggerMessage(9043, LogLevel.Error, "admin: {Client}: {Action} failed: {Problems}", EventName = "AdminActionFailed")]
        public static partial void Failed(ILogger logger, string client, string action, string problems);
    }
}
