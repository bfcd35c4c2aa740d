// Where the service files are looked for when nobody names a directory: the image's place, then the working directory's.

export const DEFAULT_DIRECTORIES = ['/etc/bosun/services.d', './services.d'] as const;
