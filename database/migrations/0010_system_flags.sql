-- The switches that running services read. They start on: nothing uses them
-- before customers are moved over, and a rollback turns them off. A value that
-- the shop has set stays.

INSERT INTO system_config (key, value, description) VALUES
    ('use_redis_sessions', 'true',
     'false: las sesiones se sirven solo desde PostgreSQL'),
    ('use_ai_providers', 'true',
     'false: las intenciones se detectan solo con palabras clave'),
    ('rate_limit_burst', 'false',
     'true: burst_size permite ráfagas por encima del límite por minuto'),
    ('session_ttl_s', '7200',
     'segundos que vive una sesión sin actividad'),
    ('default_locale', 'es',
     'idioma de las respuestas: es, en o pt')
ON CONFLICT (key) DO NOTHING;

COMMENT ON TABLE system_config IS
    'owner: the migration tool. Switches and settings of the shop; every service reads it, none writes.';
