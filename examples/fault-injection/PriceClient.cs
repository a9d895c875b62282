using System.Globalization;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Routing;

namespace FaultInjection;

/// <summary>The code under test: asks one of several price servers, and asks again if that fails. A question and an answer are a line each.</summary>
internal sealed class PriceClient(Destination servers, TimeProvider timeProvider)
{
    private const int Attempts = 4;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns the price of an article.</summary>
    /// <exception cref="PriceException">No server has answered.</exception>
    public async Task<decimal> GetPriceAsync(string article, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var patience = new CancellationTokenSource(AttemptTimeout, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                return await AskAsync(article, either.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or ConnectException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (attempt == Attempts)
                {
                    throw new PriceException($"No price of '{article}' after {attempt} attempts: {error.Message}", error);
                }
            }

            await Task.Delay(Pause * attempt, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<decimal> AskAsync(string article, CancellationToken cancellationToken)
    {
        var connection = await servers.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var stream = connection.AsStream();
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(article + "\n"), cancellationToken).ConfigureAwait(false);
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);

            // A line without its end is an answer that was cut.
            var line = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            return line.EndsWith('\n') ? decimal.Parse(line.AsSpan()[..^1], CultureInfo.InvariantCulture) : throw new IOException("The answer was cut.");
        }
    }
}

/// <summary>The exception that is thrown if no server has answered.</summary>
internal sealed class PriceException(string message, Exception innerException) : Exception(message, innerException);
