using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>Answers errors as problem documents (RFC 9457).</summary>
internal static class Problem
{
    /// <summary>Writes the answer.</summary>
    /// <param name="response">The response.</param>
    /// <param name="status">The status code.</param>
    /// <param name="detail">The message.</param>
    /// <param name="problems">The problems one by one, if there are several.</param>
    public static async Task WriteAsync(HttpResponse response, int status, string detail, IReadOnlyList<string>? problems = null)
    {
        var document = new ProblemDocument("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, problems);
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        var body = JsonSerializer.SerializeToUtf8Bytes(document, AdminJson.Default.ProblemDocument);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, response.HttpContext.RequestAborted).ConfigureAwait(false);
        }
    }
}
