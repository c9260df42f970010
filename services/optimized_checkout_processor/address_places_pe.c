#include "address_places.h"

static const struct place_state states[] = {
    {"Amazonas", "01", NULL, "Chachapoyas|Bagua|Bagua Grande", NULL},
    {"Áncash", "02", NULL, "Chimbote|Huaraz|Casma|Nuevo Chimbote|Huarmey|Caraz", NULL},
    {"Apurímac", "03", NULL, "Abancay|Andahuaylas", NULL},
    {"Arequipa|Aqp|AQP", "04", "Arequipa", "Camaná|Mollendo|Islay",
        "Cayma|Yanahuara|Cerro Colorado|Paucarpata|José Luis Bustamante y "
        "Rivero=Bustamante y Rivero|Mariano Melgar|Alto Selva Alegre|Hunter=Jacobo "
        "Hunter|Sachaca|Socabaya|Tiabaya"},
    {"Ayacucho", "05", "Ayacucho=Huamanga", "Huanta", NULL},
    {"Cajamarca", "06", "Cajamarca", "Jaén|Chota|Cutervo", NULL},
    {"Callao|Prov. Const. del Callao|Provincia Constitucional del Callao", "07", "Callao",
        NULL, "Bellavista|La Perla|La Punta|Ventanilla|Carmen de la Legua|Mi Perú"},
    {"Cusco|Cuzco", "08", "Cusco=Cuzco", "Sicuani|Urubamba|Quillabamba|Machu Picchu",
        "Wanchaq|San Sebastián|San Jerónimo"},
    {"Huancavelica", "09", "Huancavelica", NULL, NULL},
    {"Huánuco", "10", "Huánuco", "Tingo María", "Amarilis|Pillco Marca"},
    {"Ica", "11", "Ica", "Chincha=Chincha Alta|Pisco|Nazca=Nasca|Palpa",
        "Parcona|La Tinguiña|Subtanjalla"},
    {"Junín", "12", NULL, "Huancayo|Tarma|La Oroya|Satipo|Jauja|Chanchamayo=La Merced",
        "El Tambo"},
    {"La Libertad|Libertad", "13", NULL, "Trujillo|Pacasmayo|Chepén|Otuzco",
        "Víctor Larco=Víctor Larco Herrera|El Porvenir|La Esperanza|Florencia de "
        "Mora|Huanchaco|Laredo|Moche"},
    {"Lambayeque", "14", NULL, "Chiclayo|Lambayeque|Ferreñafe",
        "José Leonardo Ortiz|Pimentel|Monsefú"},
    {"Lima|Lima Metropolitana", "15", "Lima",
        "Huacho|Barranca|Huaral|Cañete=San Vicente de Cañete|Chancay",
        "Ancón|Ate=Ate "
        "Vitarte=Vitarte|Barranco|Breña|Carabayllo|Chaclacayo|Chorrillos|Cieneguilla|"
        "Comas|El Agustino|Independencia|Jesús María|La Molina|La Victoria|Lince|Los "
        "Olivos|Lurigancho=Chosica=Lurigancho Chosica|Lurín|Magdalena del "
        "Mar=Magdalena|Miraflores|Pachacámac|Pucusana|Pueblo Libre|Puente Piedra|Punta "
        "Hermosa|Punta Negra|Rímac|San Bartolo|San Borja|San Isidro|San Juan de "
        "Lurigancho=SJL|San Juan de Miraflores=SJM|San Luis|San Martín de Porres=SMP|San "
        "Miguel|Santa Anita|Santa María del Mar|Santa Rosa|Santiago de "
        "Surco=Surco|Surquillo|Villa El Salvador=VES|Villa María del Triunfo=VMT|Cercado "
        "de Lima=Lima Cercado"},
    {"Loreto", "16", NULL, "Iquitos|Yurimaguas|Nauta",
        "Belén|Punchana|San Juan Bautista"},
    {"Madre de Dios", "17", NULL, "Puerto Maldonado|Tambopata", NULL},
    {"Moquegua", "18", "Moquegua", "Ilo", NULL},
    {"Pasco", "19", NULL, "Cerro de Pasco|Oxapampa", NULL},
    {"Piura", "20", "Piura", "Sullana|Talara|Paita|Sechura|Máncora",
        "Castilla|Veintiséis de Octubre=26 de Octubre|Catacaos"},
    {"Puno", "21", "Puno", "Juliaca|Ilave|Azángaro", NULL},
    {"San Martín", "22", NULL, "Tarapoto|Moyobamba|Juanjuí|Rioja", NULL},
    {"Tacna", "23", "Tacna", NULL, "Alto de la Alianza|Ciudad Nueva|Gregorio Albarracín"},
    {"Tumbes", "24", "Tumbes", "Zarumilla|Zorritos", NULL},
    {"Ucayali", "25", NULL, "Pucallpa|Yarinacocha|Aguaytía|Callería", NULL},
};

const struct place_country place_peru = {
    .code = "PE",
    .names = "Perú|PE|República del Perú",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_DISTRICT | NEEDS_CITY | NEEDS_STATE,
    .needs_with_location = NEEDS_DISTRICT | NEEDS_STATE,
    .postal_digits = 5,
    .district_first = true,
};
