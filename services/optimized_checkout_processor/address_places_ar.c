#include "address_places.h"

static const struct place_state states[] = {
    {"Buenos Aires|Bs As|Bs. As.|BsAs|PBA|Pcia de Buenos Aires|Provincia de Buenos "
     "Aires|GBA|Gran Buenos Aires|Pcia Bs As|Prov Bs As",
        "B|16-19", NULL,
        "La Plata|Mar del Plata=MDQ|Bahía Blanca|Quilmes|Lanús|Avellaneda|Lomas de "
        "Zamora|Banfield|Temperley|Adrogué|Morón|San Isidro|Vicente López|Olivos|San "
        "Martín|Tigre|Pilar|Merlo|Moreno|Ramos Mejía|San Justo|La "
        "Matanza|Ituzaingó|Hurlingham|Castelar|Haedo|Caseros|San Miguel|José C. "
        "Paz|Escobar|Zárate|Campana|Luján|Tandil|Olavarría|Azul|Junín|Pergamino|San "
        "Nicolás=San Nicolás de los Arroyos|Necochea|Tres Arroyos|Berazategui|Florencio "
        "Varela|Ezeiza|Monte Grande|Bernal|Wilde|Martínez|Munro|Florida|Villa "
        "Ballester|Berisso|Ensenada|Chivilcoy|Mercedes|Pinamar|Villa Gesell",
        NULL},
    {"Ciudad Autónoma de Buenos Aires|CABA|C.A.B.A.|Capital Federal|Cap Fed|Cap. "
     "Fed.|Ciudad de Buenos Aires|Buenos Aires Capital",
        "C|10-14", "Ciudad Autónoma de Buenos Aires", NULL,
        "Palermo|Recoleta|Belgrano|Caballito|Almagro|Villa Crespo|San Telmo|La "
        "Boca|Puerto Madero|Retiro|Balvanera|Once|Flores|Floresta|Boedo|Barracas|Villa "
        "Urquiza|Núñez|Colegiales|Chacarita|Villa "
        "Devoto|Saavedra|Coghlan|Mataderos|Liniers|Villa Lugano|Parque Patricios|Parque "
        "Chacabuco|Paternal=La Paternal|Villa del "
        "Parque|Monserrat=Montserrat|Constitución|San Cristóbal|Villa Luro|Villa "
        "Pueyrredón|Agronomía|Parque Chas|Villa Ortúzar|Versalles|Monte Castro|Vélez "
        "Sarsfield|Nueva Pompeya|Villa Soldati"},
    {"Catamarca", "K", "San Fernando del Valle de Catamarca=Catamarca", NULL, NULL},
    {"Chaco", "H", NULL,
        "Resistencia|Presidencia Roque Sáenz Peña=Sáenz Peña|Barranqueras", NULL},
    {"Chubut", "U", NULL, "Comodoro Rivadavia|Trelew|Puerto Madryn|Rawson|Esquel", NULL},
    {"Córdoba|Cba", "X", "Córdoba",
        "Villa Carlos Paz=Carlos Paz|Río Cuarto|Villa María|San Francisco|Alta "
        "Gracia|Villa Allende|Jesús María|La Falda|Río Tercero|Bell Ville",
        NULL},
    {"Corrientes", "W", "Corrientes", "Goya|Paso de los Libres|Curuzú Cuatiá", NULL},
    {"Entre Ríos", "E", NULL,
        "Paraná|Concordia|Gualeguaychú|Concepción del Uruguay|Gualeguay|Villaguay|Colón",
        NULL},
    {"Formosa", "P", "Formosa", "Clorinda", NULL},
    {"Jujuy", "Y", NULL, "San Salvador de Jujuy|Palpalá|San Pedro de Jujuy|Perico", NULL},
    {"La Pampa", "L", NULL, "Santa Rosa|General Pico", NULL},
    {"La Rioja", "F", "La Rioja", "Chilecito", NULL},
    {"Mendoza|Mza", "M", "Mendoza",
        "Godoy Cruz|Guaymallén|Las Heras|Maipú|Luján de Cuyo|San Rafael|Tunuyán", NULL},
    {"Misiones", "N", NULL, "Posadas|Oberá|Eldorado|Puerto Iguazú|Garupá", NULL},
    {"Neuquén|Nqn", "Q", "Neuquén",
        "Plottier|Cutral Có|San Martín de los Andes|Centenario|Villa La Angostura", NULL},
    {"Río Negro", "R", NULL,
        "Bariloche=San Carlos de Bariloche|General Roca|Cipolletti|Viedma|Villa "
        "Regina|El Bolsón",
        NULL},
    {"Salta", "A", "Salta", "Tartagal|Orán=San Ramón de la Nueva Orán|Cafayate", NULL},
    {"San Juan", "J", "San Juan", "Pocito|Caucete", NULL},
    {"San Luis", "D", "San Luis", "Villa Mercedes", NULL},
    {"Santa Cruz", "Z", NULL, "Río Gallegos|Caleta Olivia|El Calafate", NULL},
    {"Santa Fe|Sta Fe", "S", "Santa Fe",
        "Rosario|Rafaela|Venado Tuerto|Reconquista|Santo Tomé|Villa Gobernador "
        "Gálvez|Casilda|Funes|San Lorenzo|Esperanza",
        NULL},
    {"Santiago del Estero|Sgo del Estero", "G", "Santiago del Estero",
        "La Banda|Termas de Río Hondo", NULL},
    {"Tierra del Fuego|TDF", "V", NULL, "Ushuaia|Río Grande|Tolhuin", NULL},
    {"Tucumán|Tuc", "T", "San Miguel de Tucumán=Tucumán",
        "Yerba Buena|Tafí Viejo|Concepción|Banda del Río Salí", NULL},
};

const struct place_country place_argentina = {
    .code = "AR",
    .names = "Argentina|AR|República Argentina",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_CITY | NEEDS_STATE | NEEDS_POSTAL_CODE,
    .needs_with_location = NEEDS_CITY | NEEDS_STATE | NEEDS_POSTAL_CODE,
    .postal_digits = 4,
    .has_letter_code = true,
};
