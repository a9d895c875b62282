using Linkerd.Tcp.Hosting.Reading;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>Reads the options of one name from a section, by the keys of the configuration file.</summary>
/// <param name="name">The name of the options.</param>
/// <param name="section">The section.</param>
/// <param name="shape">Gets the shape of the options.</param>
/// <param name="validate">Checks the options as a whole; may throw <see cref="InvalidOptionsException"/>.</param>
/// <param name="logger">The logger of warnings.</param>
/// <typeparam name="T">The type of the options.</typeparam>
internal sealed partial class SectionOptions<T>(string name, IConfiguration section, Func<ConfigurationPart> shape, Action<T> validate, ILogger logger) : IConfigureNamedOptions<T>
    where T : class
{
    /// <inheritdoc/>
    /// <exception cref="OptionsValidationException">The section has errors; the exception has all of them, each with its key.</exception>
    public void Configure(string? optionsName, T options)
    {
        if (optionsName != name)
        {
            return;
        }

        var root = shape();
        var (_, problems) = ConfigurationReading.ReadInto(SectionTree.Read(section, root), root, options, () => validate(options), string.Empty, Environment.GetEnvironmentVariable);
        foreach (var warning in problems.Warnings)
        {
            Log.Warning(logger, Print(warning));
        }

        if (problems.HasErrors)
        {
            throw new OptionsValidationException(name, typeof(T), problems.Errors.Select(Print));
        }
    }

    /// <inheritdoc/>
    public void Configure(T options)
    {
        // Options have names.
    }

    private string Print(ConfigurationProblem problem) => $"{SectionTree.KeyOf(section, problem.Path)}: {problem.Message}";

    private static partial class Log
    {
        [LoggerMessage(8510, LogLevel.Warning, "{Warning}", EventName = "HostedConfigurationWarning")]
        public static partial void Warning(ILogger logger, string warning);
    }
}

/// <summary>Checks the options of one name as a whole, whatever has set them.</summary>
/// <param name="name">The name of the options.</param>
/// <param name="validate">Checks them; may throw <see cref="InvalidOptionsException"/>.</param>
/// <typeparam name="T">The type of the options.</typeparam>
internal sealed class CheckedOptions<T>(string name, Action<T> validate) : IValidateOptions<T>
    where T : class
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? optionsName, T options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }

        try
        {
            validate(options);
            return ValidateOptionsResult.Success;
        }
        catch (InvalidOptionsException invalid)
        {
            return ValidateOptionsResult.Fail(invalid.Errors.Select(static error => error.Path.Length == 0 ? error.Message : $"{error.Path}: {error.Message}"));
        }
    }
}
